import fs from 'node:fs'
import { expect, test } from 'vitest'
import { type Row, rowsIn, tableOf, worse } from '../../scripts/eval/table.ts'
import { TASKS } from '../../scripts/eval/tasks.ts'
import { tools } from '../../src/mcp/tools/index.ts'

const row = (changes: Partial<Row> = {}): Row => ({
  task: 'buy',
  calls: 2,
  tokens: 900,
  deadEnds: 0,
  ...changes,
})

test('the program that plays tasks names no tool, and no task does', () => {
  const files = ['choose', 'client', 'facts', 'fill', 'play', 'words']
  const source = files.map((name) => fs.readFileSync(`scripts/eval/${name}.ts`, 'utf8')).join()
  const sentences = TASKS.map(({ text }) => text).join()

  const named = tools.filter(({ name }) => new RegExp(`\\b${name}\\b`).test(`${source} ${sentences}`))
  expect(named.map(({ name }) => name)).toEqual([])
})

test('a task is worse with another dead end or over a tenth more tokens, and not with fewer', () => {
  expect(worse([row()], [row({ tokens: 990 })])).toEqual([])
  expect(worse([row()], [row({ tokens: 991 })])).toEqual(['buy took 991 tokens, and took 900'])
  expect(worse([row()], [row({ deadEnds: 1 })])).toEqual(['buy has 1 dead ends, and had 0'])
  expect(worse([row()], [row({ tokens: 1, calls: 9 }), row({ task: 'new', deadEnds: 3 })])).toEqual([])
})

test('the page of everyday tasks has a row for each task and for the list', () => {
  const page = fs.readFileSync('docs/eval-tools.md', 'utf8')
  const expected = ['tools/list', ...TASKS.map(({ id }) => id), 'total']

  expect(TASKS).toHaveLength(36)
  // what these tasks use is newer than the table of before
  const newer = 'shop-needs shop-of-a-project search-magento invite guest who-left'.split(' ')
  const before = expected.filter((task) => !newer.includes(task))
  expect(rowsIn(page, 'Before').map(({ task }) => task)).toEqual(before)
  expect(rowsIn(page, 'Now').map(({ task }) => task)).toEqual(expected)
  expect(rowsIn(`## Now\n\n${tableOf([row()])}\n`, 'Now')).toEqual([row(), row({ task: 'total' })])
})
