import { randomUUID } from 'node:crypto'
import { startAddPaymentMethod } from '#contracts/start-add-payment-method'
import { beginOperation, operationsOn } from '#domain/operations'
import { orgForCustomer } from '#domain/orgs'
import type { Db } from '#platform/database'
import { inTransaction } from '#platform/transactions'
import { aPerson } from './mcp.ts'
import { noTemporal } from './no-temporal.ts'

/**
 * An operation that has not started yet; `stopped` lists the runs that were asked to stop. `outage`: what Temporal throws
 * when it is asked.
 */
export async function anOperation(db: Db, { outage }: { outage?: Error } = {}) {
  const { customer, org } = await aPerson(db)
  const stopped: string[] = []
  const operations = operationsOn({
    db,
    ...noTemporal,
    cancelRun: async (run) => {
      if (outage) throw outage
      stopped.push(run)
      return true
    },
  })
  const { operation } = await operations.startOrJoin(startAddPaymentMethod, {
    key: randomUUID(),
    caller: { customer, scopes: [] },
    org: await orgForCustomer(db, customer, org.id),
    input: {},
    at: new Date(),
  })
  const { id } = operation
  return {
    id,
    org,
    customer,
    stopped,
    row: () => db.updateTable('operations').where('id', '=', id),
    begin: () => inTransaction(db, (tx) => beginOperation(tx, id, new Date())),
    cancel: () => operations.cancel({ id, caller: { customer, scopes: [] }, at: new Date() }),
  }
}
