import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  abandonLine,
  cancelOrder,
  deliverPurchase,
  keepIntent,
  recheckPurchase,
  recordPaid,
  settleLine,
} from '#domain/orders'
import { mintId, type LicenceId } from '#kernel/ids'
import { aMarket, type Market } from '../../support/a-market.ts'
import { anOpenLine } from '../../support/an-open-line.ts'
import { at, aYearAfter, inDays, renewalsIn, STOCK } from '../../support/a-renewal.ts'
import { A_SELLER } from '../../support/a-seller.ts'
import { aDatabase } from '../../support/database.ts'
import { NO_SPENDING_LIMITS } from '../../support/spending.ts'
import { reserveRenewal } from '../../../src/domain/licensing/renewals.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
})
afterAll(() => database.close())

const { held, quoteFor } = renewalsIn(() => ({ db: database.db, market }))

const endOf = async (licence: LicenceId) => {
  const row = database.db.selectFrom('licences').select(['valid_until', 'status']).where('id', '=', licence)
  return row.executeTakeFirstOrThrow()
}

/** Pays and settles an open line. */
async function pay({ line, charge }: Awaited<ReturnType<typeof anOpenLine>>) {
  const { db } = database
  await keepIntent(db, { line, charge: charge.id, intentId: `pi_${line}` })
  await recordPaid(db, { line, charge, stripeChargeId: `ch_${line}`, feeBasisPoints: 1500, at })
  await settleLine(db, { line, at })
}

function deliver({ operation }: Awaited<ReturnType<typeof anOpenLine>>) {
  const [newProjectId, tokenId] = [mintId('prj', at, Math.random), mintId('ptk', at, Math.random)]
  const seal = () => ({ keyId: 'a-key', sealed: Buffer.alloc(1) })
  const publicUrl = 'https://market.example'
  return deliverPurchase(database.db, {
    operationId: operation,
    newProjectId,
    tokenId,
    refused: [],
    publicUrl,
    seal,
    seller: A_SELLER,
    at,
  })
}

describe('a renewal', () => {
  test('a renewed licence lasts a year longer, keeps its slot and its projects, and no other licence is made', async () => {
    const validUntil = inDays(-10)
    const { project, licence } = await held({ validUntil, slots: 2 })
    const open = await anOpenLine(market, { packages: [STOCK], project, renew: true })
    expect(await endOf(licence)).toMatchObject({ valid_until: validUntil })

    for (let settled = 0; settled < 2; settled++) await pay(open)

    const until = aYearAfter(validUntil)
    expect(await endOf(licence)).toEqual({ valid_until: until, status: 'active' })
    expect(await deliver(open)).toMatchObject({
      licences: [{ id: licence, outcome: 'renewed', activated: true, valid_until: until.toISOString() }],
      project,
      live_keys: [{ public_key: expect.stringMatching(/^ppk_/) }],
    })
    const all = database.db.selectFrom('activations').select(['licence_id']).where('project_id', '=', project)
    expect(await all.execute()).toEqual([{ licence_id: licence }])
  })

  test('a year that is paid is not lost when the end of the licence is not a whole millisecond, or was changed meanwhile', async () => {
    const { project, licence } = await held({ validUntil: inDays(20) })
    const change = database.db.updateTable('licences').where('id', '=', licence)
    await change.set({ valid_until: sql<Date>`valid_until + interval '300 microseconds'` }).execute()
    const open = await anOpenLine(market, { packages: [STOCK], project, renew: true })

    await pay(open)

    const until = aYearAfter(inDays(20)).toISOString()
    expect(await deliver(open)).toMatchObject({ licences: [{ outcome: 'renewed', valid_until: until }] })
  })

  test('of two renewals at once one is refused, and names the other', async () => {
    const { project } = await held({ validUntil: inDays(5) })
    const renew = () => anOpenLine(market, { packages: [STOCK], project, renew: true, force_another: true })

    const ends = await Promise.allSettled([renew(), renew()])

    const [won] = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []))
    const lost = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as object] : []))
    expect(lost).toMatchObject([{ code: 'licence_being_renewed', params: { operation: won?.operation } }])
  })

  test('while a licence that ended is renewed, it is not bought again beside it', async () => {
    const { project } = await held({ validUntil: inDays(-5) })
    await anOpenLine(market, { packages: [STOCK], project, renew: true })

    await expect(quoteFor(project, { renew: false })).rejects.toMatchObject({ code: 'licence_being_renewed' })
  })

  test('the same renewal under another key within a day is refused, although another year could be bought', async () => {
    const { project, licence } = await held({ validUntil: inDays(-330) })
    const open = await anOpenLine(market, { packages: [STOCK], project, renew: true })
    await pay(open)
    await deliver(open)

    await expect(quoteFor(project)).rejects.toMatchObject({
      code: 'licence_being_renewed',
      params: { operation: open.operation, paid: 1 },
    })
    const again = await quoteFor(project, { force_another: true })
    expect(again.lines).toMatchObject([
      { licence, renews_from: (await endOf(licence)).valid_until?.toISOString() },
    ])
  })

  test('while a renewal is paid and not delivered, nothing renews further, so that an undo takes no later year', async () => {
    const { project } = await held({ validUntil: inDays(-330) })
    const first = await anOpenLine(market, { packages: [STOCK], project, renew: true })
    await pay(first)
    const again = () => quoteFor(project, { force_another: true })

    const refusal = { code: 'licence_being_renewed', params: { operation: first.operation } }
    await expect(again()).rejects.toMatchObject(refusal)
    await deliver(first)
    const second = await anOpenLine(market, { packages: [STOCK], project, renew: true, force_another: true })
    await expect(again()).rejects.toMatchObject({ params: { operation: second.operation } })
  })

  test.for(['before it is paid', 'after it is paid'] as const)(
    'a renewal that is undone %s leaves the old end, and can be bought again',
    async (moment) => {
      const validUntil = inDays(20)
      const { project, licence } = await held({ validUntil })
      const open = await anOpenLine(market, { packages: [STOCK], project, renew: true })
      if (moment === 'after it is paid') await pay(open)

      for (let undone = 0; undone < 2; undone++) await abandonLine(database.db, open.line, at)
      await cancelOrder(database.db, { operationId: open.operation, at })
      await settleLine(database.db, { line: open.line, at })

      expect(await endOf(licence)).toEqual({ valid_until: validUntil, status: 'active' })
      expect((await quoteFor(project)).lines).toMatchObject([{ action: 'renew' }])
    },
  )

  test('a licence that is revoked while its renewal waits is not charged', async () => {
    const { project, licence } = await held({ validUntil: inDays(20) })
    const { operation: operationId, line } = await anOpenLine(market, {
      packages: [STOCK],
      project,
      renew: true,
    })
    await database.db.updateTable('licences').set({ status: 'revoked' }).where('id', '=', licence).execute()

    const check = recheckPurchase(database.db, { operationId, line, spending: NO_SPENDING_LIMITS, at })
    await expect(check).rejects.toMatchObject({ code: 'nothing_to_renew' })
  })

  test('a renewal that is paid and that a worker of an older build did not carry out is carried out by its delivery', async () => {
    const { project, licence } = await held({ validUntil: inDays(20) })
    const open = await anOpenLine(market, { packages: [STOCK], project, renew: true })
    const { db } = database
    await expect(deliver(open)).rejects.toThrow('is not settled')
    await keepIntent(db, { line: open.line, charge: open.charge.id, intentId: `pi_${open.line}` })
    await recordPaid(db, { ...open, stripeChargeId: `ch_${open.line}`, feeBasisPoints: 1500, at })

    const valid_until = aYearAfter(inDays(20))
    expect(await deliver(open)).toMatchObject({
      licences: [{ outcome: 'renewed', valid_until: valid_until.toISOString() }],
    })
    expect(await endOf(licence)).toMatchObject({ valid_until })
  })

  test('nothing is delivered of a renewal whose licence does not last as long', async () => {
    const validUntil = inDays(20)
    const { project, licence } = await held({ validUntil })
    const open = await anOpenLine(market, { packages: [STOCK], project, renew: true })
    await pay(open)
    const change = database.db.updateTable('licences').where('id', '=', licence)
    await change.set({ valid_until: validUntil }).execute()

    await expect(deliver(open)).rejects.toThrow('is not settled')
  })

  test('the database itself refuses a second renewal of the same period', async () => {
    const validUntil = inDays(20)
    const { project, licence } = await held({ validUntil })
    await anOpenLine(market, { packages: [STOCK], project, renew: true })
    const { line } = await anOpenLine(market)
    const item = database.db.selectFrom('order_items').select('id').where('line_id', '=', line)
    const { id } = await item.executeTakeFirstOrThrow()

    const period = { from: validUntil, until: inDays(400) }
    await expect(reserveRenewal(database.db, { item: id, licence, ...period })).rejects.toThrow(
      'licence_renewals_one_per_period',
    )
  })
})
