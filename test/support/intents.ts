import { randomUUID } from 'node:crypto'
import { purchaseAndInstallPackage } from '#contracts/purchase-and-install-package'
import { quotePurchase } from '#domain/cart'
import { operationsOn } from '#domain/operations'
import { openOrder } from '#domain/orders'
import { mintId, type OperationId } from '#kernel/ids'
import type { Db } from '#platform/database'
import type { Market } from './a-market.ts'
import { noTemporal } from './no-temporal.ts'
import { NO_SPENDING_LIMITS } from './spending.ts'

export type Input = Parameters<typeof purchaseAndInstallPackage.canonicalInput>[0]

/** What tests of purchases do that open the order of the same intent twice. `at` is the time of all of them. */
export function intentsIn(where: () => { db: Db; market: Market }, at: Date) {
  return {
    /** Opens the order of a purchase by `buyer`, or by the member of another role. */
    opens: async (input: Input, name = 'buyer'): Promise<OperationId> => {
      const { db, market } = where()
      const org = await market.access(name, 'acme-retail')
      const operations = operationsOn({ db, ...noTemporal })
      const asked = { key: randomUUID(), caller: market.caller(name), org, input, at }
      const { operation } = await operations.startOrJoin(purchaseAndInstallPackage, asked)
      const orderId = mintId('ord', at, Math.random)
      await openOrder(db, {
        operationId: operation.id,
        orderId,
        quoteKey: Buffer.alloc(32),
        spending: NO_SPENDING_LIMITS,
        at,
      })
      return operation.id
    },
    dryRun: async (input: Input, name = 'buyer') => {
      const { db, market } = where()
      const org = await market.access(name, 'acme-retail')
      return quotePurchase(db, { org, at, quoteKey: Buffer.alloc(32), input })
    },
    waits: (operation: OperationId) =>
      where()
        .db.updateTable('operations')
        .set({ status: 'waiting_for_you', waiting_for: 'payment_method', waiting_until: at })
        .where('id', '=', operation)
        .execute(),
  }
}
