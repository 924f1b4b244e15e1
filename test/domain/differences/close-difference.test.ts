import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closePayment } from '#domain/differences'
import { mintId } from '#kernel/ids'
import { type Db, openDatabase } from '#platform/database'
import { type Reconciling, reconcile } from '../../../scripts/reconcile/close-differences.ts'
import { aBank, type Bank } from '../../support/a-bank.ts'
import { aDatabase } from '../../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let bank: Bank
beforeAll(async () => {
  ;[database, bank] = await Promise.all([aDatabase(), aBank()])
})
afterAll(() => Promise.all([bank.stop(), database.close()]))

/** An open payment that no row has. */
async function anUnknownPayment() {
  const [org, charge] = [mintId('org', Date.now(), Math.random), mintId('chg', Date.now(), Math.random)]
  const customer = await bank.payments.createCustomer({ org })
  const { id: paymentMethod } = await bank.payments.attachCard({
    org,
    customer,
    paymentMethod: 'pm_card_visa',
  })
  const request = { customer, amountMinor: 4900, currency: 'EUR', transferGroup: 'lin_lost' }
  const metadata = { charge_id: charge, order_id: 'ord_lost' }
  const { id } = await bank.payments.createIntent({ charge, request: { ...request, metadata } })
  const confirm = () => bank.payments.confirmIntent({ id, charge, n: 1, paymentMethod, usage: 'unscheduled' })
  return { id, charge, confirm }
}

/** Closes what the command finds with this provider. Returns its last line. */
async function closed(payments: Reconciling['payments']): Promise<string> {
  const said: string[] = []
  const runs = { openRuns: async () => [], terminate: async () => {} }
  const reconciling = { db: database.db, payments, runs, say: (line: string) => void said.push(line) }
  await reconcile({ ...reconciling, pauseMs: 0 })
  await reconcile({ ...reconciling, pauseMs: 0 }, /--close (\w+)/.exec(said.at(-1) ?? '')?.[1])
  return said.at(-1) ?? ''
}

/** Ends the connection that holds a lock on a payment. */
const loseLock = (db: Db) =>
  sql`
    select pg_terminate_backend(pid) from pg_locks l join pg_database d on d.oid = l.database
     where locktype = 'advisory' and datname = current_database()`.execute(db)

const refundsOf = async (id: string) => (await bank.payments.listRefunds(id)).length

describe('a payment of no order that is closed', () => {
  test('a payment stays locked while it is closed, however long the payment provider takes', async () => {
    const { id } = await anUnknownPayment()
    const payment = (await bank.statement()).find((each) => each.id === id)
    if (!payment) throw new Error('the bank does not state the payment')
    const impatient = openDatabase(`${database.url}&idle_in_transaction_session_timeout=50`, { max: 1 })
    // far longer than a transaction of these connections may idle
    const slowly = async (assertLocked: () => Promise<void>) => {
      await sql`select pg_sleep(0.2)`.execute(database.db)
      await assertLocked()
      return 'done' as const
    }

    const isClosed = closePayment(impatient.db, { kind: 'cancel', payment, isOfLine: false }, slowly)

    expect(await isClosed).toBe('done')
    await impatient.close()
    await bank.sim('reset', {})
  })

  test('a payment is not paid back when its lock is lost before the request', async () => {
    const { id, confirm } = await anUnknownPayment()
    await confirm()
    const said = await closed({
      ...bank.payments,
      async listRefunds(intent) {
        await loseLock(database.db)
        return bank.payments.listRefunds(intent)
      },
    })

    expect(said).toContain(`${id} could not be closed`)
    expect(await refundsOf(id)).toBe(0)
    expect(await closed(bank.payments)).toBe(`Paid back ${id}.`)
    expect(await refundsOf(id)).toBe(1)
  })

  test('the next try to cancel a payment has the next number when the payment was confirmed meanwhile', async () => {
    const { id, charge, confirm } = await anUnknownPayment()
    const said = await closed({
      ...bank.payments,
      async cancelIntent(wanted) {
        await confirm()
        return bank.payments.cancelIntent(wanted)
      },
    })

    expect(said).toBe(`${id} could not be closed: It was confirmed meanwhile. Look again.`)
    const numbers = database.db.selectFrom('request_numbers').select(['action', 'n'])
    expect(await numbers.where('object_id', '=', charge).execute()).toEqual([{ action: 'cancel', n: 2 }])
  })
})
