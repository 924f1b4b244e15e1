import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addPaymentMethod, type Billing, billingOn, detachDue, listPaymentMethods } from '#domain/billing'
import { mintId, type PaymentMethodId } from '#kernel/ids'
import { openDatabase } from '#platform/database'
import { aBank, type Bank } from '../../support/a-bank.ts'
import { auditOf } from '../../support/a-member.ts'
import { aMarket, type Market } from '../../support/a-market.ts'
import { anOperation } from '../../support/an-operation.ts'
import { aDatabase } from '../../support/database.ts'
import { recheckIn } from '../../support/spending.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let bank: Bank
let market: Market
let billing: Billing
const silent = { warn: () => {}, error: () => {} }
beforeAll(async () => {
  ;[database, bank] = await Promise.all([aDatabase('market'), aBank()])
  market = await aMarket(database.db, { payments: bank.payments })
  const { db } = database
  billing = billingOn({ db, payments: bank.payments, recheck: recheckIn(db), log: silent })
})
afterAll(() => Promise.all([bank.stop(), database.close()]))

const change = (id: string) => ({
  org: market.org('acme-retail'),
  id,
  by: { customer: market.person('buyer') },
  at: new Date(),
})
const cards = () => listPaymentMethods(database.db, market.org('acme-retail'))

/** A card of the org that the provider has never seen. */
async function aCard(): Promise<PaymentMethodId> {
  const [id, at] = [mintId('pmt', Date.now(), Math.random), new Date()]
  const details = { brand: 'visa', last4: '4242', expMonth: 12, expYear: 2034 }
  const org = market.org('acme-retail')
  const card = { id, org, ...details, stripePaymentMethodId: `pm_${id}`, isDefault: false, at }
  await addPaymentMethod(database.db, card)
  return id
}

/** An operation of the org that waits for a card. */
async function aWaitingRun() {
  const { db } = database
  const operation = await anOperation(db)
  const waiting = { status: 'waiting_for_you', waiting_for: 'payment_method' } as const
  await operation
    .row()
    .set({ ...waiting, org_id: market.org('acme-retail') })
    .execute()
  return operation
}

describe('changes of an org’s cards at the same time', () => {
  test('when four cards become the default at the same time, one of them is the default card', async () => {
    const ids = [await aCard(), await aCard(), await aCard(), await aCard()]

    await Promise.all(ids.map((id) => billing.makeCardDefault(change(id))))

    const defaults = (await cards()).filter(({ isDefault }) => isDefault)
    expect(defaults).toHaveLength(1)
    expect(ids).toContain(defaults[0]?.id)
  })

  test('a card that is the default is made the default again without an event or a nudge', async () => {
    const id = await aCard()
    const since = async () =>
      (await auditOf(database.db, market.org('acme-retail'))).filter(({ object }) => object === id)

    await billing.makeCardDefault(change(id))
    const { id: run } = await aWaitingRun()
    await billing.makeCardDefault(change(id))

    expect(await since()).toMatchObject([{ action: 'make_payment_method_default' }])
    const nudges = database.db.selectFrom('outbox').select('deed').where('deed', '=', 'nudge')
    expect(await nudges.where('workflow_id', 'like', `%${run}`).execute()).toEqual([])
    await billing.makeCardDefault(change(await aCard()))
    expect(await nudges.where('workflow_id', 'like', `%${run}`).execute()).toHaveLength(1)
  })

  test('a card that is removed at the same time never becomes the default card', async () => {
    for (let round = 0; round < 5; round++) {
      const id = await aCard()

      const [made] = await Promise.all([
        billing.makeCardDefault(change(id)).catch((error: { code: string }) => error.code),
        billing.removeCard(change(id)),
      ])

      expect([undefined, 'payment_method_not_found']).toContain(made)
      expect((await cards()).map((card) => card.id)).not.toContain(id)
    }
  })

  test('a card is removed only once when three calls remove it at the same time', async () => {
    const id = await aCard()

    const ends = await Promise.allSettled([1, 2, 3].map(() => billing.removeCard(change(id))))

    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    // the provider does not know this card, so there is nothing to detach
    expect(await isDetached(id)).toBe(true)
  })
})

/** A card of the org that is attached at the provider. */
async function anAttachedCard(): Promise<{ id: PaymentMethodId; atBank: string }> {
  const org = market.org('acme-retail')
  const id = await aCard()
  const { stripe_customer_id: customer } = await database.db
    .selectFrom('billing_accounts')
    .select('stripe_customer_id')
    .where('org_id', '=', org)
    .executeTakeFirstOrThrow()
  // another org's id, because the idempotency key is made from it
  const attaching = { org: mintId('org', Date.now(), Math.random), customer, paymentMethod: 'pm_card_visa' }
  const { id: atBank } = await bank.payments.attachCard(attaching)
  const stored = { stripe_payment_method_id: atBank }
  await database.db.updateTable('payment_methods').set(stored).where('id', '=', id).execute()
  return { id, atBank }
}
/** Whether the row says so. */
const isDetached = async (id: PaymentMethodId) =>
  (
    await database.db
      .selectFrom('payment_methods')
      .select(sql<boolean>`detach_at = 'infinity'`.as('yes'))
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
  ).yes
const detachesDue = (minutes: number) =>
  detachDue(
    { db: database.db, payments: bank.payments, log: silent },
    new Date(Date.now() + minutes * 60_000),
  )
const detachKeys = async (id: PaymentMethodId) =>
  (await bank.requests())
    .filter(({ path, idempotency_key: key }) => path.endsWith('/detach') && key?.includes(id))
    .map(({ idempotency_key: key }) => key?.split(':').at(-1))

/*
 * Detaching. Twice: a look comes first. Answer lost: the next look sees that the card is detached. Process dies after the
 * removal: the row is due. Two callers race: each row is leased to one. Role lost: the removal is committed already.
 */
describe('a removed card at the provider', () => {
  test.for(['500_before', '500_kept', 'rate_429', 'lost_before', 'lost_after'] as const)(
    'a removed card is detached later when the provider answers %s',
    async (answer) => {
      const { id, atBank } = await anAttachedCard()
      // the SDK retries once after a broken connection
      const times = answer.startsWith('lost') ? 2 : 1
      await bank.next({ match: { method: 'POST', path: '/detach' }, answer, times })

      await billing.removeCard(change(id))
      expect(await isDetached(id)).toBe(false)
      await detachesDue(2)

      expect(await bank.payments.isCardAttached(atBank)).toBe(false)
      expect(await isDetached(id)).toBe(true)
      expect(await detachesDue(60 * 24)).toBe(0)
    },
  )

  test('a card that an earlier release removed and did not detach is detached', async () => {
    const { id, atBank } = await anAttachedCard()
    const removed = { removed_at: new Date(), default_since: null }
    await database.db.updateTable('payment_methods').set(removed).where('id', '=', id).execute()

    await detachesDue(0)

    expect(await bank.payments.isCardAttached(atBank)).toBe(false)
    expect(await detachesDue(60 * 24)).toBe(0)
  })

  test('a detachment gets the next number only after an error that the provider has stored', async () => {
    const numbersAfter = async (answer: '500_kept' | 'in_use_409') => {
      const { id } = await anAttachedCard()
      await bank.next({ match: { method: 'POST', path: '/detach' }, answer })
      await billing.removeCard(change(id))
      await detachesDue(2)
      return detachKeys(id)
    }

    expect(await numbersAfter('500_kept')).toEqual(['1', '2'])
    expect(await numbersAfter('in_use_409')).toEqual(['1', '1'])
  })

  test('removed cards that are still attached are found by an index, however many cards there are', async () => {
    // with few rows Postgres would read the table
    const { db, close } = openDatabase(`${database.url}&options=-c%20enable_seqscan%3Doff`, { max: 1 })
    await detachDue({ db, payments: bank.payments, log: silent }, new Date())
    // a session counts at its end
    await close()

    const scans = async () => {
      const { rows } = await sql<{ n: number }>`
        select idx_scan as n from pg_stat_user_indexes
         where indexrelname = 'payment_methods_to_detach'`.execute(database.db)
      return rows[0]?.n
    }
    await expect.poll(scans).toBeGreaterThan(0)
  })

  test('a removed card is detached by one of two processes', async () => {
    const { id } = await anAttachedCard()
    await bank.next({ match: { method: 'POST', path: '/detach' }, answer: '500_before' })
    await billing.removeCard(change(id))

    const due = await Promise.all([detachesDue(2), detachesDue(2)])

    expect(due.toSorted()).toEqual([0, 1])
    expect(await detachKeys(id)).toHaveLength(2)
  })
})

describe('a page to save a card', () => {
  test('a card page opens again after the provider has stored an error for the account of the org', async () => {
    const operation = await anOperation(database.db)
    const open = () =>
      billing.openCardPage({
        operation: operation.id,
        org: operation.org.id,
        openedBy: { customer: operation.customer },
        successUrl: 'https://market.example/saved',
        cancelUrl: 'https://market.example/cancelled',
        at: new Date(),
      })
    for (const path of ['/customers', '/sessions'])
      await bank.next({ match: { method: 'POST', path }, answer: '500_kept' })

    await expect(open()).rejects.toThrow('The payment provider gave no answer')
    await expect(open()).rejects.toThrow('The payment provider gave no answer')
    expect(await open()).toContain('/pay/')
  })
})
