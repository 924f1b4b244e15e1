import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const IMPORTS = /(?:import|export) (?:type )?\{([^}]*)\} from '#domain\/(\w+)'/g
const SOURCES = globSync('{src,sandbox,test,bench,scripts}/**/*.ts')

test('the index of a noun lists its exports by name', () => {
  const withStar = globSync('src/domain/*/index.ts').filter((index) => /export (type )?\*/.test(read(index)))
  expect(withStar).toEqual([])
})

test('the index of a noun exports only names that files outside the noun import', () => {
  const used = new Set(SOURCES.flatMap((file) => namesUsedIn(read(file))))
  const unused = globSync('src/domain/*/index.ts').flatMap((index) => {
    const noun = index.split('/')[2]
    return exportsOf(read(index)).filter((name) => !used.has(`${noun}.${name}`))
  })
  expect(unused).toEqual([])
})

test('the check of exports finds the names that a file imports and an index exports', () => {
  const used = new Set(namesUsedIn("import { type Cart, readCart as cart } from '#domain/cart'"))
  expect(used).toEqual(new Set(['cart.Cart', 'cart.readCart']))
  expect(exportsOf("export { type Cart, addToCart } from './cart.ts'\nexport type CartCode = 1")).toEqual([
    'Cart',
    'addToCart',
    'CartCode',
  ])
})

const read = (file: string) => readFileSync(file, 'utf8')

const namesIn = (list = ''): string[] =>
  list.split(',').flatMap(
    (each) =>
      each
        .trim()
        .replace(/^type /, '')
        .split(' as ')[0] || [],
  )

const namesUsedIn = (text: string): string[] => [
  ...[...text.matchAll(IMPORTS)].flatMap(([, names, noun]) =>
    namesIn(names).map((name) => `${noun}.${name}`),
  ),
  ...[...text.matchAll(/import \* as (\w+) from '#domain\/(\w+)'/g)].flatMap(([, whole, noun]) =>
    [...text.matchAll(new RegExp(`\\b${whole}\\.(\\w+)`, 'g'))].map(([, name]) => `${noun}.${name}`),
  ),
]

const exportsOf = (text: string): string[] => [
  ...[...text.matchAll(/export (?:type )?\{([^}]*)\} from/g)].flatMap(([, names]) => namesIn(names)),
  ...[...text.matchAll(/^export type (\w+) =/gm)].flatMap(([, name]) => name ?? []),
]
