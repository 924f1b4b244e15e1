import { randomUUID } from 'node:crypto'
import { checkoutCart } from '#contracts/checkout-cart'
import { purchaseAndInstallPackage } from '#contracts/purchase-and-install-package'
import { findCharge } from '#domain/billing'
import { addToCart, quotePurchase } from '#domain/cart'
import { operationsOn } from '#domain/operations'
import { openOrder } from '#domain/orders'
import type { Caller, OrgAccess } from '#domain/orgs'
import { mintId, type ProjectId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { type Market, aProject } from './a-market.ts'
import { NO_SPENDING_LIMITS } from './spending.ts'
import { noTemporal } from './no-temporal.ts'

const SEARCH = 'northwind/module-search'
const quoteKey = Buffer.alloc(32)

interface LineWanted {
  from?: 'a list' | 'the cart'
  packages?: string[]
  /** Default: a new one. */
  project?: ProjectId
  renew?: boolean
  force_another?: boolean
}

/** An open order of the person `buyer` for one package; its line is not charged yet. */
export async function anOpenLine(
  market: Market,
  { from = 'a list', packages = [SEARCH], project: given, ...more }: LineWanted = {},
) {
  const { db } = market
  const at = new Date()
  const operations = operationsOn({ db, ...noTemporal })
  const project = given ?? (await aProject(market)).id
  const who = {
    key: randomUUID(),
    caller: market.caller('buyer'),
    org: await market.access('buyer', 'acme-retail'),
    at,
  }
  const { operation } =
    from === 'the cart'
      ? await operations.startOrJoin(checkoutCart, { ...who, input: await aQuotedCart(db, who, project) })
      : await operations.startOrJoin(purchaseAndInstallPackage, {
          ...who,
          input: { packages, project, ...more },
        })
  const orderId = mintId('ord', at, Math.random)
  const opening = { operationId: operation.id, orderId, quoteKey, spending: NO_SPENDING_LIMITS, at }
  const [line] = (await openOrder(db, opening)).lines
  const charge = line && (await findCharge(db, line.id))
  if (!line || !charge) throw new Error('the order has no charge')
  return { operation: operation.id, order: orderId, project, line: line.id, charge }
}

async function aQuotedCart(
  db: Db,
  who: { caller: Caller; org: OrgAccess; at: Date },
  project: ProjectId,
): Promise<{ quote: string; project: ProjectId }> {
  await addToCart(db, { ...who, wanted: [{ package: SEARCH }] })
  const { quote } = await quotePurchase(db, { ...who, quoteKey, input: { project } })
  return { quote, project }
}
