import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { aProject } from '../support/a-market.ts'
import { aShop, type Assistant, type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { losingTheAnswerOf } from '../support/faults.ts'
import { findLedgerMismatches } from '../support/ledger-mismatches.ts'

/** More than any step is tried before the money, and three days of tries after it. */
const ALWAYS = 1_000_000

describe.skipIf(!timeSkippingServer)('a purchase', () => {
  let shop: Shop
  let buyer: Assistant
  beforeAll(async () => {
    shop = await aShop({ skipsWaits: true })
    buyer = await shop.assistant()
  })
  afterEach(async () => {
    shop.breaks()
    expect(await findLedgerMismatches(shop)).toEqual([])
  })
  afterAll(() => shop?.close())

  async function purchase() {
    const { id: project } = await aProject(shop.market)
    const { totals } = await shop.bank.money()
    const told = await buyer.buys({
      packages: ['northwind/module-search'],
      project,
      idempotency_key: randomUUID(),
    })
    const after = (await shop.bank.money()).totals
    const held = await shop.db
      .selectFrom('activations as a')
      .innerJoin('licences as l', 'l.id', 'a.licence_id')
      .select(['l.status', 'a.activated_at'])
      .where('a.project_id', '=', project)
      .where('a.deactivated_at', 'is', null)
      .execute()
    return {
      told,
      charged: after.succeeded_charges - totals.succeeded_charges,
      paid: after.net - totals.net,
      held: held.map(({ status, activated_at }) => (activated_at ? status : 'reserved')),
    }
  }

  test.for([
    'openOrder',
    'recheckPurchase',
    'chargeLine',
    'settleLine',
    'deliverPurchase',
    'reportStatus',
  ] as const)('goes through when the answer of %s is lost once', async (step) => {
    shop.breaks(losingTheAnswerOf(step, 1))

    expect(await purchase()).toMatchObject({
      told: { status: 'completed', result: { licences: [{ activated: true }] } },
      charged: 1,
      paid: 4900,
      held: ['active'],
    })
  })

  test.for(['openOrder', 'recheckPurchase'] as const)(
    'leaves nothing when the answer of %s, before the charge, is always lost',
    async (step) => {
      shop.breaks(losingTheAnswerOf(step, ALWAYS))

      expect(await purchase()).toMatchObject({
        told: { status: 'failed', error: { code: 'temporarily_unavailable' } },
        charged: 0,
        paid: 0,
        held: [],
      })
    },
  )

  test('is paid back when the answer of the charge is always lost', async () => {
    shop.breaks(losingTheAnswerOf('chargeLine', ALWAYS))

    expect(await purchase()).toMatchObject({ told: { status: 'failed' }, charged: 1, paid: 0, held: [] })
  })

  test.for(['settleLine', 'deliverPurchase'] as const)(
    'is paid back when the answer of %s, after the charge, is lost for three days',
    { timeout: 60_000 },
    async (step) => {
      shop.breaks(losingTheAnswerOf(step, ALWAYS))

      expect(await purchase()).toMatchObject({
        told: { status: 'failed', error: { code: 'could_not_be_delivered' } },
        charged: 1,
        paid: 0,
        held: [],
      })
    },
  )
})
