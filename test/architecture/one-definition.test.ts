import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/**
 * Columns that decide whether something is in force, visible, for sale or paid, and the noun that owns each column.
 */
const OWNER: Record<string, string> = {
  valid_until: 'licensing',
  approved_at: 'vendors',
  suspended_at: 'vendors',
  payable_since: 'vendors',
  hidden_at: 'catalogue',
  withdrawn_at: 'catalogue',
  paid_at: 'orders',
}
/** Uses outside the owner that are allowed, because they decide something else. */
const ALLOWED = [
  'hidden_at in src/domain/publishing/coverage.ts', // decides which packages come with another one
  'paid_at in src/domain/billing/charge-store.ts', // an open line is neither paid nor void
  'paid_at in src/domain/differences/booked-lines.ts', // compares the rows themselves
  'paid_at in src/domain/vendors/dashboard.ts', // when, of the view paid_lines
  'valid_until in src/domain/projects/project-reads.ts', // an argument of licence_state
]

const columnsIn = (text: string): string[] =>
  Object.keys(OWNER).filter((column) => new RegExp(`\\b${column}\\b(?!:)`).test(text))

test('a column that decides what is in force, visible, for sale or paid is read only by its owner', () => {
  const found = globSync('src/{domain,api}/**/*.ts').flatMap((file) =>
    columnsIn(readFileSync(file, 'utf8'))
      .filter((column) => !file.startsWith(`src/domain/${OWNER[column]}/`))
      .map((column) => `${column} in ${file}`),
  )

  expect(found.toSorted()).toEqual(ALLOWED)
})

test('the check finds the columns valid_until and suspended_at in a query', () => {
  expect(columnsIn(`.where('v.suspended_at', 'is', null).where('l.valid_until', '>', at)`)).toEqual([
    'valid_until',
    'suspended_at',
  ])
})
