import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import type { Activities } from '#activities'
import { aProject } from '../support/a-market.ts'
import { type Assistant, type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'
import { pageOf, untilItIsOver } from '../support/a-wait.ts'
import { awayFor } from '../support/faults.ts'

const test = storyTest({ skipsWaits: true })

/** Buys for a new project, and polls until the purchase is over. */
async function buyUnattended(shop: Shop, assistant: Assistant, org: string) {
  const { id: project } = await aProject(shop.market, { org })
  const input = { packages: ['northwind/module-search'], project, idempotency_key: randomUUID() }
  return untilItIsOver(assistant, assistant.call('purchase_and_install_package', input))
}

describe.skipIf(!timeSkippingServer)('a purchase whose person never comes', { timeout: 60_000 }, () => {
  /** Opens the page of the bank at the first look, 23 h before the next. `closes` gets its address when the time is over. */
  async function openedAndLeft(
    shop: Shop,
    closes: (
      page: string,
      close: () => ReturnType<Activities['closePayment']>,
    ) => ReturnType<Activities['closePayment']>,
  ) {
    await shop.bank.sim('webhooks', { mode: 'drop' })
    const tara = await shop.assistant({ name: 'threeds', org: 'initech' })
    let page = ''
    let isFirst = true
    shop.breaks((steps) => {
      const away = awayFor('23h', 'lookAtPayment')(steps)
      return {
        ...steps,
        async lookAtPayment(input) {
          page ||= await pageOf(shop, 'threeds', input.operationId)
          return away.lookAtPayment(input)
        },
        async closePayment(input) {
          const close = () => steps.closePayment(input)
          if (!isFirst) return close()
          isFirst = false
          return closes(page, close)
        },
      }
    })
    const { totals } = await shop.bank.money()
    const response = await buyUnattended(shop, tara, 'initech')
    return { response, paid: (await shop.bank.money()).totals.net - totals.net }
  }

  test('a payment that is confirmed just before it would be closed is kept', async ({ shop }) => {
    const { response, paid } = await openedAndLeft(shop, async (page, close) => {
      await shop.bank.answerBank(page, 'approve')
      return close()
    })

    expect(response).toMatchObject({ status: 'completed', result: { licences: [{ activated: true }] } })
    expect(paid).toBe(4900)
  })

  test('a payment that is confirmed while it is being closed is kept', async ({ shop }) => {
    const { response, paid } = await openedAndLeft(shop, async (page, close) => {
      await shop.bank.next({ match: { method: 'POST', path: '/cancel' }, answer: 'held_before' })
      const closing = close()
      await shop.bank.untilHeld()
      await shop.bank.answerBank(page, 'approve')
      await shop.bank.release()
      return closing
    })

    expect(response).toMatchObject({ status: 'completed', result: { licences: [{ activated: true }] } })
    expect(paid).toBe(4900)
  })

  test('a purchase that waits for its bank is undone after a day, and its history stays short', async ({
    shop,
  }) => {
    const tara = await shop.assistant({ name: 'threeds', org: 'initech' })

    const response = await buyUnattended(shop, tara, 'initech')

    const next_step = expect.stringContaining('confirm the payment, or use another card.')
    expect(response).toMatchObject({ status: 'failed', error: { code: 'wait_expired', next_step } })
    const run = shop.workflows.getHandle(`purchase_and_install_package/${response.operation_id}`)
    expect((await run.fetchHistory()).events?.length).toBeLessThan(1_800)
  })

  test('a purchase that waits for a card is undone after a day, and its history stays short although it is nudged as often as possible', async ({
    shop,
  }) => {
    const [MOST_EVENTS, NUDGES_A_DAY] = [51_200, 65]
    let looks = 0
    shop.breaks((steps) => ({
      ...steps,
      async lookForCard(input) {
        // during a look, and so the next look follows at once
        if (++looks % 3 === 0 && looks <= 3 * NUDGES_A_DAY)
          await shop.workflows.getHandle(`purchase_and_install_package/${input.operationId}`).signal('nudge')
        return undefined
      },
    }))

    const response = await buyUnattended(
      shop,
      await shop.assistant({ name: 'nocard', org: 'hooli' }),
      'hooli',
    )

    const next_step = expect.stringContaining('Add a card by start_add_payment_method')
    expect(response).toMatchObject({ status: 'failed', error: { code: 'wait_expired', next_step } })
    const run = shop.workflows.getHandle(`purchase_and_install_package/${response.operation_id}`)
    const { events } = await run.fetchHistory()
    const nudges = events?.filter(({ workflowExecutionSignaledEventAttributes: signal }) => signal)
    expect(nudges?.length).toBe(NUDGES_A_DAY)
    expect(looks).toBeGreaterThan(200)
    expect(looks - NUDGES_A_DAY).toBeLessThan(180)
    expect(events?.length).toBeLessThan(MOST_EVENTS / 10)
  })

  test('start_add_payment_method fails after a day without a card', async ({ shop }) => {
    const noa = await shop.assistant({ name: 'nocard', org: 'hooli' })
    shop.breaks(awayFor('23h', 'lookForAddedCard'))

    const response = await untilItIsOver(
      noa,
      noa.call('start_add_payment_method', { idempotency_key: randomUUID() }),
    )

    const error = { code: 'wait_expired', next_step: 'Start again with a new idempotency_key.' }
    expect(response).toMatchObject({ status: 'failed', error })
    expect(await noa.call('list_payment_methods', {})).toMatchObject({ items: [] })
  })

  test('start_git_integration fails after the configured days without a consent, and its history stays short', async ({
    shop,
  }) => {
    const vera = await shop.assistant({ name: 'vendor', org: 'northwind' })
    const before = Date.now()

    const response = await untilItIsOver(
      vera,
      vera.call('start_git_integration', { host: 'git.example', idempotency_key: randomUUID() }),
    )

    const error = {
      code: 'access_was_not_granted',
      next_step: expect.stringContaining('when the user is there'),
    }
    expect(response).toMatchObject({ status: 'failed', error })
    const { finished_at } = await shop.db
      .selectFrom('operations')
      .select('finished_at')
      .where('id', '=', response.operation_id)
      .executeTakeFirstOrThrow()
    expect((finished_at?.getTime() ?? 0) - before).toBeGreaterThanOrEqual(2 * 24 * 3_600_000)
    const { events } = await shop.workflows
      .getHandle(`start_git_integration/${response.operation_id}`)
      .fetchHistory()
    expect(events?.length).toBeLessThan(2_000)
  })
})
