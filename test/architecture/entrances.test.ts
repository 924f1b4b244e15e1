import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const IMPORTS = /(?:import|export) (?:type )?\{([^}]*)\} from '#domain\/(\w+)'/g
const SOURCES = globSync('{src,sandbox,test,bench,scripts}/**/*.ts')

test('the index of a noun names what it shows', () => {
  const nameless = globSync('src/domain/*/index.ts').filter((index) => /export (type )?\*/.test(read(index)))
  expect(nameless).toEqual([])
})

test('the index of a noun shows nothing that only the noun uses', () => {
  const used = new Set(SOURCES.flatMap((file) => namesUsedIn(read(file))))
  const unused = globSync('src/domain/*/index.ts').flatMap((index) => {
    const noun = index.split('/')[2]
    return shownBy(read(index)).filter((name) => !used.has(`${noun}.${name}`))
  })
  expect(unused).toEqual([])
})

test('a name that nobody outside a noun imports is found', () => {
  const used = new Set(namesUsedIn("import { type Cart, readCart as cart } from '#domain/cart'"))
  expect(used).toEqual(new Set(['cart.Cart', 'cart.readCart']))
  expect(shownBy("export { type Cart, addToCart } from './cart.ts'\nexport type CartCode = 1")).toEqual([
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

const shownBy = (text: string): string[] => [
  ...[...text.matchAll(/export (?:type )?\{([^}]*)\} from/g)].flatMap(([, names]) => namesIn(names)),
  ...[...text.matchAll(/^export type (\w+) =/gm)].flatMap(([, name]) => name ?? []),
]
