import { sql } from 'kysely'
import { refuseUnpayable, refuseUnsellable } from '#domain/cart'
import { packagesForPurchase } from '#domain/catalogue'
import { assertStillRenewable } from '#domain/licensing'
import type { ConnectionId, CustomerId, LineId, OrgId } from '#kernel/ids'
import { assertMay, type OrgAccess, orgForCustomer } from '#domain/orgs'
import { recheckSpending, type SpendingSettings } from '#domain/spending'
import type { Db } from '../../platform/database.ts'
import { ConnectionIsGone } from './errors.ts'
import { boughtBy } from './order-store.ts'

interface PurchaseCaller {
  orgId: OrgId
  askedBy: CustomerId
  connectionId: ConnectionId | undefined
}

interface StillAllowed extends PurchaseCaller {
  /** Without a line, checks only the caller. */
  line: LineId | undefined
  settings: SpendingSettings
  at: Date
}

/**
 * Whether a purchase that was allowed when it began is still allowed now: its caller, its packages, and the spending
 * rules of its connection. All checks between the order and the payment use this one rule.
 */
export async function assertStillAllowed(
  db: Db,
  { line, settings, at, ...caller }: StillAllowed,
): Promise<void> {
  const { id: org } = await assertMayStillBuy(db, caller)
  if (!line) return
  await assertStillRenewable(db, line)
  const { order, vendor, amount, packages, hasSubscription } = await boughtBy(db, line)
  for (const each of await packagesForPurchase(db, packages)) {
    refuseUnsellable(each)
    if (amount.amountMinor) refuseUnpayable(each)
  }
  const { connectionId: connection } = caller
  if (!connection) return
  const bought = { vendors: [vendor], hasSubscription, cost: amount }
  await recheckSpending(db, { ...bought, connection, org, order, settings, at })
}

/**
 * Checks that the caller of a purchase may still buy, and returns the org. The current role must have the permission,
 * the customer must not be disabled, and the connection must not be revoked and must have the scopes. Refuses
 * `org_not_found`, `not_allowed`.
 */
export async function assertMayStillBuy(
  db: Db,
  { orgId, askedBy, connectionId }: PurchaseCaller,
): Promise<OrgAccess> {
  const org = await orgForCustomer(db, askedBy, orgId)
  assertMay(org, 'buy')
  const { isAllowed } = await db
    .selectFrom('customers as u')
    .leftJoin('connections as c', (on) => on.on('c.id', '=', connectionId ?? null))
    .select(
      sql<boolean>`u.disabled_at is null and (${connectionId ?? null}::text is null
        or (c.revoked_at is null and c.scopes @> array['projects', 'buy']))`.as('isAllowed'),
    )
    .where('u.id', '=', askedBy)
    .executeTakeFirstOrThrow()
  if (!isAllowed) throw new ConnectionIsGone()
  return org
}
