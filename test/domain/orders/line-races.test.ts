import { afterAll, beforeAll, expect, test } from 'vitest'
import { chargeToConfirm } from '#domain/billing'
import { chargeToCollect, keepIntent, recordPaid } from '#domain/orders'
import { inTransaction } from '#platform/transactions'
import { aMarket, type Market } from '../../support/a-market.ts'
import { anOpenLine } from '../../support/an-open-line.ts'
import { aDatabase } from '../../support/database.ts'
import { lockWaiters } from '../../support/lock-waiters.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
})
afterAll(() => database.close())

type OpenLine = Awaited<ReturnType<typeof anOpenLine>>

const rowOf = ({ line }: OpenLine) =>
  database.db
    .selectFrom('order_lines as l')
    .innerJoin('charges as c', 'c.order_line_id', 'l.id')
    .select(['l.paid_at', 'l.voided_at', 'c.payment_intent_id'])
    .where('l.id', '=', line)
    .executeTakeFirstOrThrow()

/** Starts the attempt while the line is being voided. Returns its result after that. */
async function duringTheUndo<T>({ line }: OpenLine, attempt: () => Promise<T>): Promise<T> {
  let late: Promise<T> | undefined
  await inTransaction(database.db, async (tx) => {
    await tx.updateTable('order_lines').set({ voided_at: new Date() }).where('id', '=', line).execute()
    late = attempt()
    await expect.poll(() => lockWaiters(database.db)).toBe(1)
  })
  return late as Promise<T>
}

test('a payment that is created while its line is voided is stored only to be undone', async () => {
  const open = await anOpenLine(market)
  const payment = { line: open.line, charge: open.charge.id, intentId: `pi_${open.line}` }

  expect(await duringTheUndo(open, () => keepIntent(database.db, payment))).toBe('void')

  expect(await rowOf(open)).toMatchObject({ payment_intent_id: payment.intentId })
  expect(await chargeToCollect(database.db, open.line)).toBeUndefined()
  expect(await chargeToConfirm(database.db, open.operation)).toBeUndefined()
})

test('a charge does not begin while its line is voided', async () => {
  const open = await anOpenLine(market)

  expect(await duringTheUndo(open, () => chargeToCollect(database.db, open.line))).toBeUndefined()
})

test('a payment that succeeds while its line is voided does not pay the line, and has to be refunded', async () => {
  const open = await anOpenLine(market)
  await keepIntent(database.db, { line: open.line, charge: open.charge.id, intentId: `pi_${open.line}` })
  const paid = { ...open, stripeChargeId: `ch_${open.line}`, feeBasisPoints: 1500, at: new Date() }

  expect(await duringTheUndo(open, () => recordPaid(database.db, paid))).toBe(false)

  expect(await rowOf(open)).toMatchObject({ paid_at: null, voided_at: expect.any(Date) })
})
