import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

/** Every way to select columns without naming them. `count(*)` and comments do not count. */
const UNNAMED = [
  /\.(?:selectAll|returningAll)\(/,
  /\b(?:select|returning|distinct)\s+(?:\w+\.)?\*/i,
  /,\s*\w+\.\*/,
]

const withoutComments = (source: string) => source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')

const asksForAllColumns = (source: string) => UNNAMED.some((shape) => shape.test(withoutComments(source)))

describe('the columns of a query', () => {
  test('every query in src names its columns, so that a new column does not break a prepared plan', () => {
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
  ])('a query that does not name its columns is found: %j', (source) => {
    expect(asksForAllColumns(source)).toBe(true)
  })

  test.each(["'count(*)'", '/** select * is not allowed */', 'price * 2', "import * as pg from 'pg'"])(
    'a text that does not select unnamed columns is not reported: %j',
    (source) => {
      expect(asksForAllColumns(source)).toBe(false)
    },
  )
})
