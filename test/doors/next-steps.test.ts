import { describe, expect, test } from 'vitest'
import type { Params } from '#kernel/errors'
import * as pages from '../../src/api/customer-area/next-steps.ts'
import { SCOPE_WORDS } from '../../src/api/customer-area/scope-words.ts'
import { OBSTACLE_WORDS } from '../../src/api/customer-area/packages/words.ts'
import * as mcp from '../../src/mcp/call/next-steps.ts'
import { tools } from '../../src/mcp/tools/index.ts'
import { newKeys } from '../../src/mcp/tools/projects/new-keys.ts'

/** Every parameter that a next step depends on, with every value that makes a difference. */
const FACTS: Params[] = [
  {},
  {
    roles: ['owner'],
    instead: 'fill_cart',
    sold: ['commerce'],
    price: '59.00 EUR',
    held_by: 'lic_1',
    from: 'shop',
    package: 'a/b',
  },
  { wait: 'a minute', minutes: 1, request_id: 'req_1', alternative: 'new_project', wanted_for: 'publishing' },
  ...['per_purchase', 'per_day', 'per_month', 'purchases_per_hour'].map((limit) => ({ limit })),
  { currencies: ['EUR', 'USD'] },
  ...[[], ['northwind']].map((allowed) => ({ allowed })),
  ...['card', 'card_to_charge', 'confirmation', 'vendor_approval'].map((waited_for) => ({ waited_for })),
  ...[
    'foreign_cursor',
    'listed_twice',
    'no_project',
    'nothing_to_change',
    'same_project',
    'too_long',
    'two_projects',
    'version_in_name',
  ].map((fault) => ({
    fault,
  })),
  { operation: 'op_1', paid: 1, project: 'shop', edition: 'commerce', through: 'northwind/suite' },
  { suggestion: 'north-wind', current: '2026-11-30' },
  ...[[], ['org', 'limit']].map((known) => ({ fault: 'unknown_parameter', known })),
]

/** What no tool, page or command of this market does yet. */
const NOT_OFFERED = /refund|onboarding|payout account|subscription|trial/i

const sentence = /^[A-Z][^<>]*\.$/

describe('every next step of the MCP door', () => {
  const parameters = tools.flatMap(({ input }) => Object.keys(input.shape))
  const known = new Set([...tools.map(({ name }) => name), ...parameters, ...Object.keys(newKeys)])
  // fields of the refusal itself
  for (const field of ['request_id', 'retry_after_ms']) known.add(field)

  test.for(Object.keys(mcp.NEXT_STEPS))(
    'the next step after %s names only tools and parameters that exist',
    (code) => {
      for (const params of FACTS) {
        const step = mcp.nextStepAfter({ code, params, field: 'quote' })

        expect(step).toMatch(sentence)
        expect(step).not.toMatch(/undefined|,\s*\.|:\s*\./)
        expect(step).not.toMatch(NOT_OFFERED)
        const names = step.match(/\b[a-z]+(_[a-z]+)+\b/g) ?? []
        expect(names.filter((name) => !known.has(name) && !['lic_1', 'op_1'].includes(name))).toEqual([])
      }
    },
  )

  test('an unknown error code has no next step, and asking for one throws', () => {
    expect(mcp.hasNextStep('toString')).toBe(false)
    expect(() => mcp.nextStepAfter({ code: 'made_up' })).toThrow('made_up')
  })
})

describe('every next step of the pages', () => {
  test.for(Object.keys(pages.NEXT_STEPS))(
    'the next step of a page after %s is a sentence for people, without identifiers',
    (code) => {
      for (const params of FACTS) {
        const step = pages.nextStepAfter({ code, params })

        expect(step?.text).toMatch(sentence)
        expect(step?.text).not.toMatch(NOT_OFFERED)
        expect(step?.text).not.toMatch(/[a-z]_[a-z]|undefined|,\s*\.|:\s*\./)
        expect([
          '/',
          '/account/orgs/new',
          '/account/team',
          '/account/team/settings/delete',
          '/account/git',
          '/account/projects',
          '/account/vendor/packages',
          '/account/vendor',
          '/account/integrations',
          '/account/orders',
          '/account/payment-methods',
          '/account/resolve',
          '/account/cart',
          '/account/licences',
          '/account/security',
          '/reset-password',
          '/sign-in',
          '/log',
          '/account',
          '/sign-in?continue=/account/integrations',
          undefined,
        ]).toContain(step?.link?.href)
      }
    },
  )
})

test('no consent and no page of a package names what the market does not offer yet', () => {
  const texts = [
    ...Object.values(SCOPE_WORDS).flatMap(({ label, hint }) => [label, hint]),
    ...Object.values(OBSTACLE_WORDS),
  ]

  expect(texts.filter((text) => NOT_OFFERED.test(text))).toEqual([])
})
