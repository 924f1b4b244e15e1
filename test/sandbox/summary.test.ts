import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { PEOPLE } from '../../sandbox/seed/cast.ts'
import { summary } from '../../sandbox/summary.ts'

const printed = stripVTControlCharacters(
  summary({
    shop: 'http://127.0.0.1:3001',
    mcp: 'http://127.0.0.1:3001/mcp',
    temporal: '127.0.0.1:7233',
    temporal_ui: undefined,
    stripe: undefined,
    mail: undefined,
    git: undefined,
    ready: 1,
    data: '.data',
  }),
)

test('the summary of the sandbox connects Claude Code with one line that contains no token', () => {
  const lines = printed.split('\n').map((line) => line.trim())

  expect(lines.filter((line) => line.startsWith('claude '))).toEqual([
    'claude mcp add --scope user --transport http packagento http://127.0.0.1:3001/mcp',
  ])
  expect(printed).not.toMatch(/token|bearer/i)
})

test('the summary of the sandbox says who signs in for the assistant, and that person is in the cast', () => {
  const [, email] = /sign in as (\S+) and allow/.exec(printed) ?? []

  expect(PEOPLE.map((person) => person.email)).toContain(email)
})
