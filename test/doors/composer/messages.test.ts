import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { message } from '../../../src/api/composer/answer.ts'
import { nextStepAfter } from '../../../src/api/composer/next-steps.ts'
import {
  blocked,
  endsSoon,
  leftOut,
  needsComposer26,
  notLicensed,
  pageOf,
  releasedTooLate,
} from '../../../src/api/composer/refusals.ts'

import { markdown } from '../../../src/api/customer-area/markdown.ts'

const HOST = 'https://registry.example'
const LONG = { name: `${'v'.repeat(95)}/${'p'.repeat(104)}`, isPublic: true }
const SHORT = { name: 'northwind/module-search', isPublic: true }
const BAD = { tag: 'v10.20.30-beta1', field: 'x'.repeat(61) }
const late = (found: typeof SHORT) => ({ name: found.name, tag: 'v1.0.0', grantedBy: found })
const warningOf = ({ body }: { body: unknown }) => (body as { warning: string }).warning

test.each([
  ['not licensed', (found: typeof SHORT) => warningOf(notLicensed(HOST, { ...found, comesWith: [] }))],
  ['released too late', (found: typeof SHORT) => releasedTooLate(HOST, late(found))],
  ['ends soon', (found: typeof SHORT) => endsSoon(HOST, { ...found, until: new Date(0) })],
  ['left out', (found: typeof SHORT) => leftOut(HOST, { ...found, versions: Array(9).fill(BAD) })],
  ['old Composer', (found: typeof SHORT) => needsComposer26(HOST, { ...found, tag: '20230131.0.0' })],
  ['malware', (found: typeof SHORT) => warningOf(blocked(HOST, { ...found, tag: 'v1', because: 'steals' }))],
])(
  'the message "%s" is one line of at most 300 characters that ends with the whole URL, also for the longest name',
  (_, text) => {
    for (const found of [SHORT, LONG]) {
      expect(text(found).length).toBeLessThanOrEqual(300)
      expect(text(found)).toMatch(/^[^\n<>]+$/)
      expect(text(found).endsWith(` ${pageOf(HOST, found)}`)).toBe(true)
    }
  },
)

test('each step that leads to the guide names a heading that it has', () => {
  const guide = markdown(readFileSync('docs/composer.md', 'utf8'), { top: 2 }).markup
  const steps = ['archived_project', 'deleted_org', 'no_credentials', 'other_project', 'unknown_key'] as const
  for (const step of steps) {
    const [, id] = /#(\S+)$/.exec(nextStepAfter(step, HOST)) ?? []
    expect(guide).toContain(`id="${id}"`)
  }
})

test('the refusal of a hidden package names what it comes with, and leads to the first of them', () => {
  const hidden = { name: 'northwind/module-core', isPublic: false }

  expect(
    warningOf(notLicensed(HOST, { ...hidden, comesWith: ['northwind/module-stock', 'northwind/suite'] })),
  ).toBe(
    'northwind/module-core is not licensed for this project. It is not sold alone: it comes with northwind/module-stock, northwind/suite. ' +
      `Buy: ${HOST}/packages/northwind/module-stock`,
  )
  expect(warningOf(notLicensed(HOST, { ...hidden, comesWith: [] }))).toMatch(/it is not on sale\.$/)
})

test('a message contains no markup, line ends or terminal commands', () => {
  expect(message('a <error>b</error>\nc\u001b[2J', 'See x')).toBe('a  error b /error  c [2J See x')
  expect(message('x'.repeat(400))).toBe('x'.repeat(300))
})
