import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** Columns that decide what is in force, shown or sold, and the noun that writes them. */
const OWNER: Record<string, string> = {
  valid_until: 'licensing',
  approved_at: 'vendors',
  suspended_at: 'vendors',
  payable_since: 'vendors',
  hidden_at: 'catalogue',
  withdrawn_at: 'catalogue',
}
/** Other questions about the same columns. */
const MAY_ASK = [
  'approved_at in src/domain/licensing/entitlements.ts', // whose names Composer asks us for
  'hidden_at in src/domain/publishing/coverage.ts', // what comes with a package because nobody can buy it
  'valid_until in src/domain/projects/project-reads.ts', // an argument of licence_state
]

const isAskedIn = (text: string): string[] =>
  Object.keys(OWNER).filter((column) => new RegExp(`\\b${column}\\b(?!:)`).test(text))

test('only SQL decides what is in force, shown and sold', () => {
  const found = globSync('src/{domain,api}/**/*.ts').flatMap((file) =>
    isAskedIn(readFileSync(file, 'utf8'))
      .filter((column) => !file.startsWith(`src/domain/${OWNER[column]}/`))
      .map((column) => `${column} in ${file}`),
  )

  expect(found.toSorted()).toEqual(MAY_ASK)
})

test('a second definition would be seen', () => {
  expect(isAskedIn(`.where('v.suspended_at', 'is', null).where('l.valid_until', '>', at)`)).toEqual([
    'valid_until',
    'suspended_at',
  ])
})
