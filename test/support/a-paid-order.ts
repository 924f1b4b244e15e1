import { randomUUID } from 'node:crypto'
import { purchaseAndInstallPackage } from '#contracts/purchase-and-install-package'
import { findCharge } from '#domain/billing'
import { operationsOn } from '#domain/operations'
import { type Caller, orgForCustomer } from '#domain/orgs'
import { deliverPurchase, keepIntent, openOrder, recordPaid, settleLine } from '#domain/orders'
import { mintId } from '#kernel/ids'
import type { Seller } from '#kernel/seller'
import { type Market, aProject } from './a-market.ts'
import { A_SELLER } from './a-seller.ts'
import { noTemporal } from './no-temporal.ts'
import { NO_SPENDING_LIMITS } from './spending.ts'

interface PaidOrder {
  packages?: readonly string[]
  at?: Date
  person?: string
  /** A member that the demo market does not have. */
  by?: Caller
  org?: string
}

/** An order whose lines are paid and settled. `close` delivers it: the last step of its purchase. */
export async function aPaidOrder(market: Market, wanted: PaidOrder = {}) {
  const { packages = ['northwind/module-search'], at = new Date(), person = 'buyer' } = wanted
  const { db } = market
  const { id: project } = await aProject(market)
  const { by: caller = market.caller(person) } = wanted
  const org = await orgForCustomer(db, caller.customer, market.org(wanted.org ?? 'acme-retail'))
  const { operation } = await operationsOn({ db, ...noTemporal }).startOrJoin(purchaseAndInstallPackage, {
    key: randomUUID(),
    caller,
    org,
    input: { packages: [...packages], project },
    at,
  })
  const { id: operationId } = operation
  const orderId = mintId('ord', at, Math.random)
  const settings = { quoteKey: Buffer.alloc(32), spending: NO_SPENDING_LIMITS }
  const { lines } = await openOrder(db, { operationId, orderId, ...settings, at })
  for (const { id: line } of lines) {
    const charge = await findCharge(db, line)
    if (charge) {
      await keepIntent(db, { line, charge: charge.id, intentId: `pi_${line}` })
      await recordPaid(db, { line, charge, stripeChargeId: `ch_${line}`, feeBasisPoints: 1500, at })
    }
    await settleLine(db, { line, at })
  }
  const delivery = {
    operationId,
    newProjectId: mintId('prj', at, Math.random),
    tokenId: mintId('ptk', at, Math.random),
    refused: [],
    publicUrl: 'https://market.example',
    seal: () => ({ keyId: 'a-key', sealed: Buffer.alloc(1) }),
  }
  return {
    order: orderId,
    operation: operationId,
    org: org.id,
    lines,
    close: (seller: Seller = A_SELLER, closedAt = at) =>
      deliverPurchase(db, { ...delivery, seller, at: closedAt }),
  }
}
