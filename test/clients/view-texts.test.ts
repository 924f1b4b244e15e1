import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { tools } from '../../src/mcp/tools/index.ts'
import { aViewHost, type ViewHost } from '../support/a-view-host.ts'
import { launchBrowser } from '../support/browser.ts'
import { A_DOUBTFUL_QUOTE, anOperation, answerOf, OPERATION_STATES } from '../support/shown-operations.ts'
import { someViews } from '../support/some-views.ts'

/** What is written for a model. No view shows it. */
const FOR_THE_MODEL = 'Call get_order with renew: true.'

/** The answer with texts for a model wherever an answer may have them. */
function withHints(answer: unknown): unknown {
  if (Array.isArray(answer)) return answer.map(withHints)
  if (typeof answer !== 'object' || answer === null) return answer
  const inner = Object.entries(answer).map(([name, value]) => [name, withHints(value)])
  return {
    ...Object.fromEntries(inner),
    next_step: FOR_THE_MODEL,
    next_steps: [FOR_THE_MODEL],
    notes: [FOR_THE_MODEL],
  }
}

const VENDOR = { vendor: 'acme', integrations: [{ host: 'git.example', account: 'acme' }] }
const CARD = { payment_method: { brand: 'visa', last4: '4242' } }
const OPERATIONS: Record<string, object> = {
  ...OPERATION_STATES,
  'a vendor': { story: 'bootstrap_vendor', status: 'completed', result: VENDOR },
  'a card': { story: 'start_add_payment_method', status: 'completed', result: CARD },
  'without a result': { status: 'completed' },
  'a dry run': { status: 'completed', result: A_DOUBTFUL_QUOTE },
}
const LISTS = {
  'without licences': { org: 'acme-retail', items: [] },
  'with a licence': {
    org: 'acme-retail',
    items: [{ id: 'lic_1', package: 'northwind/suite', status: 'active', free_slots: 1 }],
    next_cursor: 'x',
  },
}

const program = inject('browserPath')
describe.skipIf(!program)('a view in a host', () => {
  let browser: Browser
  let host: ViewHost
  let views: Awaited<ReturnType<typeof someViews>>
  beforeAll(async () => {
    views = await someViews()
    browser = await launchBrowser(program ?? '')
    host = await aViewHost(browser)
  })
  afterAll(async () => {
    await browser?.close()
    await views?.close()
  })

  /** Every text of the view, also what a button leaves when the host takes no message. */
  const textsOf = async (html: string, answer: object) => {
    await host.show({ html, result: answerOf(withHints(answer) as object), refuses: true })
    const before = await host.view.locator('body').innerText()
    const count = await host.view.getByRole('button').count()
    for (let left = count; left > 0; left -= 1) {
      await host.view.getByRole('button').first().click()
      await expect.poll(() => host.view.getByRole('button').count()).toBe(left - 1)
    }
    return `${before}\n${await host.view.locator('body').innerText()}`
  }
  const expectForPeople = (text: string) => {
    expect(text.length).toBeGreaterThan(20)
    expect(
      tools.filter(({ name }) => new RegExp(`\\b${name}\\b`).test(text)).map(({ name }) => name),
    ).toEqual([])
    expect(text).not.toMatch(/\b[a-z]+_[a-z_]+\b|\b[a-z]+: (true|false)\b/)
  }

  test.for(Object.entries(OPERATIONS))(
    'an operation that is %s names no tool and no parameter',
    async ([, state]) => {
      expectForPeople(await textsOf(views.html.operation, anOperation(state).structuredContent ?? {}))
    },
  )

  test.for(Object.entries(LISTS))('a list %s names no tool and no parameter', async ([, list]) => {
    expectForPeople(await textsOf(views.html.licences, list))
  })

  test('a quote names no tool and no parameter, and says what its notes say', async () => {
    const lines = [
      { package: 'a/b', action: 'already_installed', through: 'a/suite', model: 'one_time' },
      {
        package: 'a/c',
        action: 'renew',
        model: 'yearly',
        renews_from: '2026-12-01',
        valid_until: '2027-12-01',
      },
    ]

    const bare = await textsOf(views.html.quote, { ...A_DOUBTFUL_QUOTE, card: undefined, lines })

    expectForPeople(await textsOf(views.html.quote, A_DOUBTFUL_QUOTE))
    expectForPeople(bare)
    for (const part of [
      'None: the licences stay with the org',
      'Whoever may buy chooses it',
      'The project has it already by a/suite',
      'Renewal from 1 Dec 2026 until 1 Dec 2027',
      'does not renew by itself',
    ])
      expect(bare).toContain(part)
  })
})
