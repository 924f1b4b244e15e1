import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addPaymentMethod, type Billing, billingOn, listPaymentMethods } from '#domain/billing'
import { mintId, type PaymentMethodId } from '#kernel/ids'
import { aBank, type Bank } from '../../support/a-bank.ts'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aDatabase } from '../../support/database.ts'
import { recheckIn } from '../../support/spending.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let bank: Bank
let market: Market
let billing: Billing
const logged: string[] = []
beforeAll(async () => {
  ;[database, bank] = await Promise.all([aDatabase(), aBank()])
  market = await aMarket(database.db, { payments: bank.payments })
  const log = { warn: () => {}, error: (_: object, message: string) => void logged.push(message) }
  const { db } = database
  billing = billingOn({ db, payments: bank.payments, recheck: recheckIn(db), log })
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

describe('changes of an org’s cards at the same time', () => {
  test('when four cards become the default at the same time, one of them is the default card', async () => {
    const ids = [await aCard(), await aCard(), await aCard(), await aCard()]

    await Promise.all(ids.map((id) => billing.makeCardDefault(change(id))))

    const defaults = (await cards()).filter(({ isDefault }) => isDefault)
    expect(defaults).toHaveLength(1)
    expect(ids).toContain(defaults[0]?.id)
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
    // the card is removed although the provider does not know it
    expect(logged).toContain('a removed card could not be detached')
  })
})
