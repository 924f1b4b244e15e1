import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { cursorsWith } from '../../../src/mcp/call/cursor.ts'
import { fitting, inMemory, page, pageOf } from '../../../src/mcp/call/page.ts'
import { detail, type Format, shaped } from '../../../src/mcp/call/shape.ts'

const row = z.looseObject({
  id: z.string(),
  text: z.string(),
  tags: z.array(z.string()),
  note: detail(z.string()),
  price: z.looseObject({ amount: z.int(), text: detail(z.string()) }).optional(),
  parts: detail(z.array(z.looseObject({ name: z.string() }))),
})
type Row = z.input<typeof row>

const cursors = cursorsWith(randomBytes(32))
const aRow = (id: string, more: Partial<Row> = {}): Row => ({ id, text: 'a text', tags: [], ...more })
const pageInput = z.object(page)

async function shown(rows: readonly Row[], input: z.input<typeof pageInput> = {}) {
  return pageOf(
    { cursors },
    {
      row,
      place: { tool: 'list_things', owner: 'org' },
      page: pageInput.parse(input),
      ...inMemory(rows),
      show: (each) => each,
    },
  )
}

const lines = (csv: string | undefined) => (csv ?? '').split('\r\n')

describe('one row in each format', () => {
  const whole = aRow('a', {
    tags: ['x', 'y'],
    note: 'n',
    price: { amount: -4900, text: '-49.00 EUR' },
    parts: [{ name: 'p' }],
  })

  test('a row is concise by default and has all its fields when detailed', async () => {
    const concise = { id: 'a', text: 'a text', tags: ['x', 'y'], price: { amount: -4900 } }
    expect(await shown([whole])).toEqual({ items: [concise] })
    expect(await shown([whole], { response_format: 'detailed' })).toEqual({ items: [whole] })
  })

  test('a row in CSV has a column for each of its fields', async () => {
    const { items, csv } = await shown([whole], { response_format: 'csv' })

    expect(items).toBeUndefined()
    expect(lines(csv)).toEqual([
      'id,text,tags,note,price.amount,price.text,parts',
      `a,a text,x y,n,-4900,'-49.00 EUR,"[{""name"":""p""}]"`,
      '',
    ])
  })
})

describe('a CSV cell', () => {
  test.for([
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@sum', "'@sum"],
    ['\tx', "'\tx"],
    ['\u200b=1+1', "'=1+1"],
    ['a,b', '"a,b"'],
    ['say "no"', '"say ""no"""'],
    ['two\nlines', '"two\nlines"'],
    [' apart', '" apart"'],
    ['plain', 'plain'],
    ['', ''],
  ])('a CSV cell with %j is written as %j', async ([text, written]) => {
    const { csv } = await shown([aRow('a', { text })], { response_format: 'csv' })

    expect(csv?.slice(csv.indexOf('\r\n') + 2)).toBe(`a,${written},,,,,\r\n`)
  })

  test('a CSV cell and a row say how many entries of a long list are left out', async () => {
    const tags = Array.from({ length: 103 }, (_, i) => `t${i}`)

    const { csv } = await shown([aRow('a', { tags })], { response_format: 'csv' })

    expect(csv).toMatch(/ t99 \(and 3 more\),/)
    expect((await shown([aRow('a', { tags })])).items).toMatchObject([{ more_tags: 3 }])
  })
})

describe('a page that is too long for a model', () => {
  const long = (length: number) =>
    Array.from({ length: 100 }, (_, i) => aRow(`${i}`, { text: 'x'.repeat(length) }))

  test.for(['concise', 'detailed', 'csv'] as const)(
    'a long %s page is cut after a row, and the next page begins with the next row',
    async (format) => {
      const rows = long(1_000)
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const input = { limit: 100, response_format: format, ...(cursor && { cursor }) }
        const answer = await shown(rows, input)
        const size = JSON.stringify(answer).length
        expect(size).toBeLessThan(26_000)
        expect([answer.truncated ?? false, answer.next_cursor !== undefined]).toEqual(
          size > 24_000 ? [true, true] : [false, false],
        )
        seen.push(
          ...(answer.items?.map(({ id }) => id) ??
            lines(answer.csv)
              .slice(1, -1)
              .map((line) => line.split(',')[0] ?? '')),
        )
        cursor = answer.next_cursor
      } while (cursor)

      expect(seen).toEqual(rows.map(({ id }) => id))
    },
  )

  test('a page with very long rows contains only the rows that fit, and always at least one row', async () => {
    const [first, ...rest] = [aRow('a', { text: 'x'.repeat(20_000) }), ...long(45_000)]
    const answer = await shown([first, ...rest] as Row[], { limit: 100 })

    expect(answer.items?.map(({ id }) => id)).toEqual(['a'])
    expect(fitting(long(70_000))).toHaveLength(1)
  })

  test('a page that ends at its limit is not marked as truncated', async () => {
    const answer = await shown(long(10), { limit: 3 })

    expect(answer.items).toHaveLength(3)
    expect(answer).not.toHaveProperty('truncated')
    expect(answer.next_cursor).toBeDefined()
  })
})

describe('a list that changes between two pages', () => {
  const rows = (ids: string) => ids.split('').map((id) => aRow(id))
  const rest = async (ids: string) => {
    const { next_cursor: cursor } = await shown(rows('abcd'), { limit: 2 })
    return (await shown(rows(ids), { cursor })).items?.map(({ id }) => id)
  }

  test('the next page of a changed list begins after the last shown row, even if that row has moved', async () => {
    expect(await rest('bcd')).toEqual(['c', 'd'])
    expect(await rest('xabcd')).toEqual(['c', 'd'])
  })

  test('a cursor is refused when its row is gone', async () => {
    await expect(rest('acd')).rejects.toMatchObject({ code: 'invalid_input', field: 'cursor' })
  })
})

test('the format may change between two pages', async () => {
  const rows = ['a', 'b', 'c', 'd'].map((id) => aRow(id))
  const walk: Format[] = ['csv', 'detailed', 'concise']
  let cursor: string | undefined
  const answers = []
  for (const response_format of walk) {
    const answer = await shown(rows, { limit: 1, response_format, ...(cursor && { cursor }) })
    cursor = answer.next_cursor
    answers.push(answer.csv ?? answer.items?.[0]?.id)
  }

  expect(answers).toEqual([expect.stringMatching(/\r\na,/), 'b', 'c'])
})

test('fields that are not in the schema are shown without invisible characters', () => {
  const value = { known: 'a\u202eb', more: [{ deep: 'x\u{e0041}\0y' }], csv: 'a\r\nb\rc' }

  expect(shaped(z.looseObject({ known: z.string() }), value, 'concise')).toEqual({
    known: 'ab',
    more: [{ deep: 'xy' }],
    csv: 'a\r\nbc',
  })
})
