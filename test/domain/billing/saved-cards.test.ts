import { afterAll, beforeAll, expect, test } from 'vitest'
import { findPaymentMethod, listPaymentMethods } from '#domain/billing'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aDatabase } from '../../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
})
afterAll(() => database.close())

/** The id of the card that a purchase of the org would charge, or the code it is refused with. */
const charged = (org: string, card?: string) =>
  findPaymentMethod(database.db, market.org(org), card).then(
    (found) => found?.id,
    ({ code }: { code: string }) => code,
  )

test('a purchase charges the named card or the default card, but no removed or refused card and no card of another org', async () => {
  const { db } = database
  const [card] = await listPaymentMethods(db, market.org('acme-retail'))
  const id = card?.id ?? 'pmt_'
  const row = db.updateTable('payment_methods').where('id', '=', id)

  expect([await charged('acme-retail'), await charged('acme-retail', id)]).toEqual([id, id])
  expect(await charged('globex', id)).toBe('payment_method_not_found')

  await row.set({ default_since: null, refused_at: new Date() }).execute()
  expect([await charged('acme-retail'), await charged('acme-retail', id)]).toEqual([
    undefined,
    'payment_method_refused',
  ])

  await row.set({ refused_at: null, removed_at: new Date() }).execute()
  expect([await charged('acme-retail'), await charged('acme-retail', id)]).toEqual([
    undefined,
    'payment_method_not_found',
  ])
})
