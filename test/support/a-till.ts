import { activitiesOn, settleUndoneCharges } from '#activities'
import { type Charge, findCharge } from '#domain/billing'
import { openIncidents } from '#domain/incidents'
import { openLogger } from '#platform/logger'
import type { Db } from '#platform/database'
import type { Payments } from '#platform/payments'
import { aBank, type Bank } from './a-bank.ts'
import { aMarket, type Market } from './a-market.ts'
import { anOpenLine } from './an-open-line.ts'
import { aDatabase } from './database.ts'
import { gitDependencies } from './git.ts'
import { NO_SPENDING_LIMITS } from './spending.ts'

/** A bank, and lines of the demo market that can be charged by the steps, without a Temporal. */
export async function aTill() {
  const [database, bank] = await Promise.all([aDatabase('market'), aBank()])
  const { db } = database
  const market = await aMarket(db, { payments: bank.payments })
  /** The steps on this provider. */
  const dependencies = (payments: Payments = bank.payments) => ({
    db,
    payments,
    log: openLogger({ level: 'silent' }),
    publicUrl: 'https://market.example',
    feeBasisPoints: 1500,
    spending: NO_SPENDING_LIMITS,
    ...gitDependencies(db),
  })
  return {
    db,
    bank,
    stepsOn: (payments: Payments) => activitiesOn(dependencies(payments)),
    aLine: () => aLine({ db, bank, market, dependencies }),
    /** The bank gives this answer to the next request to the path. */
    fails: (path: string, answer: Parameters<Bank['next']>[0]['answer'], times = 1) =>
      bank.next({ match: { method: 'POST', path }, answer, times }),
    close: () => Promise.all([bank.stop(), database.close()]),
  }
}

/** An open line, its steps, and what the bank and our rows say about its charge. */
async function aLine({
  db,
  bank,
  market,
  dependencies,
}: {
  db: Db
  bank: Bank
  market: Market
  dependencies: () => Parameters<typeof activitiesOn>[0]
}) {
  const at = new Date()
  const { line: lineId, operation: operationId } = await anOpenLine(market)
  const step = { lineId, operationId, position: 1, at: at.toISOString() }
  const charge = () => findCharge(db, lineId) as Promise<Charge>
  const { id } = await charge()
  const row = () =>
    db
      .selectFrom('charges')
      .select(['state', 'look_at', 'undone_since'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
  return {
    step,
    charge,
    row,
    operation: operationId,
    steps: activitiesOn(dependencies()),
    /** The payments of the charge at the bank. */
    intents: async () => (await bank.money()).intents.filter(({ charge_id }) => charge_id === id),
    /** The numbers in the idempotency keys of the requests for this charge. */
    numbers: async (action: string) =>
      (await bank.requests())
        .filter(({ idempotency_key: key }) => key?.startsWith(`test:${id}:${action}:`))
        .map(({ idempotency_key: key }) => Number(key?.split(':').at(-1))),
    /** Does what is due after this time. Returns whether the charge was due. */
    async afterMs(ms: number) {
      const before = (await row()).look_at
      await settleUndoneCharges(dependencies(), new Date(at.getTime() + ms))
      return before !== null && before.getTime() <= at.getTime() + ms
    },
    /** What of the operation the operators' list has. */
    listed: async () =>
      (await openIncidents(db)).filter(({ object }) => object === operationId).map(({ kind }) => kind),
  }
}
