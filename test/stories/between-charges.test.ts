import { randomUUID } from 'node:crypto'
import { ApplicationFailure } from '@temporalio/common'
import type { PaymentMethodId } from '#kernel/ids'
import { describe, expect } from 'vitest'
import { type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'
import { aWait, pageBehind } from '../support/a-wait.ts'
import { justBefore } from '../support/faults.ts'
import { LABELS, purchaseOf, SEARCH } from '../support/two-vendors.ts'

const test = storyTest()

const THEME = 'northwind/theme-plain'

describe.skipIf(!timeSkippingServer)('between the charges of two vendors', () => {
  test('the second vendor is not charged when the buyer loses the role after the first charge', async ({
    shop,
  }) => {
    const billing = await shop.assistant({ name: 'billing' })
    const member = shop.db
      .updateTable('org_members')
      .where('org_id', '=', shop.market.org('acme-retail'))
      .where('customer_id', '=', shop.market.person('billing'))
    const before = (await shop.bank.money()).totals
    shop.breaks(justBefore('settleLine', () => member.set({ role: 'viewer' }).execute()))
    const idempotency_key = randomUUID()

    await billing.call('purchase_and_install_package', { packages: [THEME, LABELS], idempotency_key })

    const row = await over(shop, idempotency_key)
    await member.set({ role: 'billing' }).execute()
    expect(row).toMatchObject({
      status: 'completed',
      result: {
        total: { amount_minor: 7900 },
        licences: [{ package: THEME, activated: false }],
        refused: [{ vendor: 'fabrikam', code: 'not_allowed' }],
      },
    })
    expect((await shop.bank.money()).totals.net - before.net).toBe(7900)
  })

  test('the second vendor is not charged when the purchase is cancelled after the first charge', async ({
    shop,
    buyer,
  }) => {
    shop.breaks((steps) => ({
      ...steps,
      async chargeLine(input) {
        const result = await steps.chargeLine(input)
        const run = shop.workflows.getHandle(`purchase_and_install_package/${input.operationId}`)
        if (input.position === 1) await run.cancel()
        return result
      },
    }))

    const { response, ...outcome } = await purchaseOf(shop, buyer)

    expect(outcome).toMatchObject({ charged: 1, paid: 4900, held: [SEARCH] })
    expect(response.result).toMatchObject({ refused: [{ vendor: 'fabrikam', code: 'cancelled' }] })
  })

  test('a purchase goes on with the second vendor when the payment of the first can no longer be read', async ({
    shop,
  }) => {
    const tara = await shop.assistant({ name: 'threeds', org: 'initech' })
    const wait = await aWait(shop, 'threeds', { packages: [SEARCH, LABELS] })
    let isRefused = true
    shop.breaks((steps) => ({
      ...steps,
      async lookAtPayment(input) {
        if (input.position !== 1 || !isRefused) return steps.lookAtPayment(input)
        isRefused = false
        throw ApplicationFailure.nonRetryable('the bank knows no such payment', 'payment_refused')
      },
    }))
    await shop.workflows.getHandle(`purchase_and_install_package/${wait.id}`).signal('nudge')

    const voided = () =>
      shop.db
        .selectFrom('order_lines as l')
        .innerJoin('orders as o', 'o.id', 'l.order_id')
        .select(['l.position', 'l.voided_at'])
        .where('o.operation_id', '=', wait.id)
        .orderBy('l.position')
        .execute()
    await expect.poll(voided, { timeout: 10_000 }).toEqual([
      { position: 1, voided_at: expect.any(Date) },
      { position: 2, voided_at: null },
    ])
    await expect
      .poll(async () => (await tara.call('get_operation', { operation_id: wait.id })).status, {
        timeout: 10_000,
      })
      .toBe('waiting_for_you')
    await wait.cancel()
  })

  test('a purchase that waits for the second payment can be cancelled, and the first payment stays', async ({
    shop,
  }) => {
    const tara = await shop.assistant({ name: 'threeds', org: 'initech' })
    const wait = await aWait(shop, 'threeds', { packages: [SEARCH, LABELS] })
    const visitor = await shop.visitor('threeds')
    await visitor.get(wait.path)
    const { body } = await visitor.post(wait.path)
    await shop.bank.answerBank(/class="button" href="([^"]+)"/.exec(body)?.[1] ?? '', 'approve')
    await visitor.get(`${wait.path}/return`)

    await shop.bank.next({ match: { method: 'POST', path: '/confirm' }, answer: '500_before' })
    const away = await visitor.post(wait.path)
    await tara.call('cancel_operation', { operation_id: wait.id })

    expect(away.body).not.toContain('Nothing has been charged')
    expect(await wait.over()).toMatchObject({
      status: 'completed',
      result: {
        total: { amount_minor: 4900 },
        refused: [{ vendor: 'fabrikam', packages: [LABELS], code: 'cancelled' }],
      },
    })
    expect((await tara.call('get_operation', { operation_id: wait.id })).result.next_step).toMatch(
      new RegExp(`^Not bought: ${LABELS}; the rest is.* for project prj_`),
    )
    const page = (await visitor.get(wait.path)).body
    expect(page).toMatch(
      /<h1>Done in part<[^]*A part of the purchase is complete; the rest was not bought. Nothing was charged for it./,
    )
    expect(await tara.call('list_orders', {})).toMatchObject({
      items: expect.arrayContaining([
        expect.objectContaining({
          packages: [SEARCH],
          total: expect.objectContaining({ amount_minor: 4900 }),
        }),
      ]),
    })
  })

  test('the cardholder is asked once for each vendor, and the page names the vendor', async ({ shop }) => {
    const wait = await aWait(shop, 'threeds', { packages: [SEARCH, LABELS] })
    const tara = await shop.visitor('threeds')

    const pages: string[] = []
    for (let payment = 0; payment < 2; payment++) {
      pages.push((await tara.get(wait.path)).body)
      const { body } = await tara.post(wait.path)
      const bank = /class="button" href="([^"]+)"/.exec(body)?.[1] ?? ''
      await shop.bank.answerBank(bank, 'approve')
      const back = await tara.get(`${wait.path}/return`)
      expect(back.headers.location).toBe(wait.path)
    }

    expect(pages[0]).toContain('confirm the 49.00 EUR to Northwind Modules. Nothing has been charged yet.')
    expect(pages[1]).toContain('confirm the 19.00 EUR to Fabrikam. What is marked as paid has been charged.')
    expect(await wait.over()).toMatchObject({
      status: 'completed',
      result: { total: { amount_minor: 6800 } },
    })
  })

  test.for(['refuse', 'leave'] as const)(
    'a card that was removed while its holder is at the bank (%s) is not charged for the next vendor',
    async (decision, { shop }) => {
      const wait = await aWait(shop, 'threeds', { packages: [SEARCH, LABELS] })
      const tara = await shop.visitor('threeds')
      const page = await pageBehind(tara, wait.path)
      const before = (await shop.bank.money()).totals
      const org = shop.market.org('initech')
      const cards = shop.db.selectFrom('payment_methods').where('org_id', '=', org).select('id')
      const { id } = await cards.where('removed_at', 'is', null).executeTakeFirstOrThrow()
      await shop.bank.sim(`payment_methods/${await atBank(shop, id)}`, { answer: 'works' })
      await shop.bank.next({ match: { method: 'POST', path: '/detach' }, answer: '500_before' })

      await tara.get('/account/payment-methods')
      await tara.post(`/account/payment-methods/${id}/remove`, { org: 'initech' })
      if (decision === 'refuse') await shop.bank.answerBank(page, 'refuse').catch(() => undefined)
      const over = await wait.over()
      await restore(shop, id)

      // the run may see the removal of the card or the refusal of the bank first
      const codes = ['payment_method_not_found', ...(decision === 'refuse' ? ['authentication_refused'] : [])]
      expect(over.status).toBe('failed')
      expect(codes).toContain(over.error?.code)
      expect((await shop.bank.money()).totals).toMatchObject({
        net: before.net,
        succeeded_charges: before.succeeded_charges,
      })
    },
  )

  const atBank = async ({ db }: Shop, id: PaymentMethodId) =>
    (
      await db
        .selectFrom('payment_methods')
        .select('stripe_payment_method_id as at')
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
    ).at

  /** Makes the card usable again, for the next test. */
  async function restore(shop: Shop, id: PaymentMethodId): Promise<void> {
    await shop.bank.sim(`payment_methods/${await atBank(shop, id)}`, { answer: 'authentication_required' })
    const saved = { removed_at: null, detach_at: null, default_since: new Date() }
    await shop.db.updateTable('payment_methods').set(saved).where('id', '=', id).execute()
  }

  async function over(shop: Shop, key: string) {
    for (;;) {
      const row = await shop.db
        .selectFrom('operations')
        .selectAll()
        .where('idempotency_key', '=', key)
        .executeTakeFirstOrThrow()
      if (row.finished_at) return row
    }
  }
})
