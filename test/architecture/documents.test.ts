import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const DOCUMENTS = ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'README.md', ...globSync('docs/**/*.md')]
const ROOTS = ['', 'src', 'src/domain', 'src/mcp', 'src/api']
/** A source or document below a folder, in backticks and without placeholders. */
const PATHS = /`((?:[\w.-]+\/)+[\w.-]+\.(?:ts|mjs|md|txt))`/g

test.for(DOCUMENTS)('every path that %s names exists', (document) => {
  const missing = pathsIn(readFileSync(document, 'utf8')).filter((named) => !isThere(named))
  expect(missing).toEqual([])
})

test('a path that does not exist is found', () => {
  const named = pathsIn(
    'See `src/mcp/no-such-file.ts`, `domain/orders/plan.ts` and `src/domain/cart/plan.ts`.',
  )
  expect(named.filter((each) => !isThere(each))).toEqual(['src/mcp/no-such-file.ts', 'domain/orders/plan.ts'])
})

const pathsIn = (text: string): string[] => [...text.matchAll(PATHS)].flatMap(([, named]) => named ?? [])

const isThere = (named: string): boolean => ROOTS.some((root) => existsSync(path.join(root, named)))
