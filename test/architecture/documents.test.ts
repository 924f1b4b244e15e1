import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const DOCUMENTS = ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'README.md', ...globSync('docs/**/*.md')]
const ROOTS = ['', 'src', 'src/domain', 'src/mcp', 'src/api']
/** Matches a path to a source or document in backticks. A path with a placeholder does not match. */
const PATHS = /`((?:[\w.-]+\/)+[\w.-]+\.(?:ts|mjs|md|txt))`/g

test.for(DOCUMENTS)('every path that %s names exists', (document) => {
  const missing = pathsIn(readFileSync(document, 'utf8')).filter((file) => !exists(file))
  expect(missing).toEqual([])
})

test('the check of the documents finds a path that does not exist', () => {
  const file = pathsIn(
    'See `src/mcp/no-such-file.ts`, `domain/orders/plan.ts` and `src/domain/cart/plan.ts`.',
  )
  expect(file.filter((each) => !exists(each))).toEqual(['src/mcp/no-such-file.ts', 'domain/orders/plan.ts'])
})

test('no text says that packages are paid or renewed every year, because a yearly licence does not renew by itself', () => {
  const found = [...DOCUMENTS, ...globSync('src/**/*.ts')].filter((file) =>
    /\b(?:paid|pays?|renewed|renews|once or) (?:yearly|every year)\b/i.test(readFileSync(file, 'utf8')),
  )
  expect(found).toEqual([])
})

const pathsIn = (text: string): string[] => [...text.matchAll(PATHS)].flatMap(([, file]) => file ?? [])

const exists = (file: string): boolean => ROOTS.some((root) => existsSync(path.join(root, file)))
