import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

/** Every way to ask for columns without naming them; `count(*)` and a comment are none. */
const UNNAMED = [
  /\.(?:selectAll|returningAll)\(/,
  /\b(?:select|returning|distinct)\s+(?:\w+\.)?\*/i,
  /,\s*\w+\.\*/,
]

const withoutComments = (source: string) => source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')

const asksForAllColumns = (source: string) => UNNAMED.some((shape) => shape.test(withoutComments(source)))

describe('the columns of a query', () => {
  test('are named in every file of src, so that a new column never makes a prepared plan stale', () => {
    const files = globSync('src/**/*.ts')

    expect(files.length).toBeGreaterThan(100)
    expect(files.filter((file) => asksForAllColumns(readFileSync(file, 'utf8')))).toEqual([])
  })

  test.each([
    "db.selectFrom('orgs').selectAll().execute()",
    "db.selectFrom('orgs as o').selectAll('o').execute()",
    "db.deleteFrom('orgs').returningAll().execute()",
    'sql`select * from orgs`',
    'sql`SELECT\n  o.* from orgs o`',
    'sql`select 1, o.* from orgs o`',
    'sql`delete from orgs returning *`',
  ])('are missed in %j', (source) => {
    expect(asksForAllColumns(source)).toBe(true)
  })

  test.each(["'count(*)'", '/** select * is not allowed */', 'price * 2', "import * as pg from 'pg'"])(
    'are not missed in %j',
    (source) => {
      expect(asksForAllColumns(source)).toBe(false)
    },
  )
})
