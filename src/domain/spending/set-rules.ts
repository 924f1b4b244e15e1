import { isDeepStrictEqual } from 'node:util'
import type { ConnectionId, CustomerId } from '#kernel/ids'
import { amountText } from '#kernel/money'
import { audit } from '#domain/audit'
import { approvedVendors } from '#domain/vendors'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { ConnectionNotFound, VendorUnknown } from './errors.ts'
import type { SpendingRules } from './rules.ts'
import { findRules, lockRules, replaceRules } from './rules-store.ts'

export interface RulesChange {
  connection: ConnectionId
  /** The person of the connection. Only that person may set its rules. */
  by: CustomerId
  rules: SpendingRules
  /** The id of the request, as in the log. */
  request?: string
  at: Date
}

/** As `setRulesIn`, in a transaction of its own. */
export async function setSpendingRules(db: Db, change: RulesChange): Promise<void> {
  await inTransaction(db, (tx) => setRulesIn(tx, change))
}

/**
 * Replaces the spending rules of a connection. Call it late in its transaction, because it ends with an audit event in
 * the chain of the connection's active org. A purchase that is not charged yet is checked against the new rules.
 * Rules that are set already are not audited again. Refuses `connection_not_found` for a connection that was revoked or
 * belongs to somebody else, and `vendor_not_found`.
 */
export async function setRulesIn(tx: Db, { connection, by, rules, request, at }: RulesChange): Promise<void> {
  const found = await tx
    .selectFrom('connections')
    .select(['active_org_id', 'client_id'])
    .where('id', '=', connection)
    .where('customer_id', '=', by)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  if (!found) throw new ConnectionNotFound()
  if (rules.vendors !== 'all') await refuseUnknownVendors(tx, rules.vendors)
  await lockRules(tx, connection)
  const before = await findRules(tx, connection)
  if (before && isDeepStrictEqual(inOrder(before), inOrder(rules))) return
  await replaceRules(tx, { connection, rules, by, at })
  await audit(tx, {
    chain: `org:${found.active_org_id}`,
    action: 'set_spending_rules',
    outcome: 'done',
    customer: by,
    client: found.client_id,
    org: found.active_org_id,
    object: connection,
    request,
    detail: detailOf(rules),
  })
}

async function refuseUnknownVendors(tx: Db, slugs: readonly string[]): Promise<void> {
  const approved = await approvedVendors(tx, slugs)
  for (const slug of slugs) if (!approved.includes(slug)) throw new VendorUnknown(slug)
}

/** To compare rules: neither limits nor vendors have an order. */
const inOrder = ({ limits, vendors, subscriptions }: SpendingRules) => ({
  limits: limits.toSorted((one, other) => (one.currency < other.currency ? -1 : 1)),
  vendors: vendors === 'all' ? vendors : vendors.toSorted(),
  subscriptions,
})

/** Amounts such as `EUR 500.00/1000.00/5000.00`: per purchase, day and month. */
const detailOf = ({ limits, vendors, subscriptions }: SpendingRules) => ({
  limits: limits
    .map(({ currency, perPurchase, perDay, perMonth }) => {
      const texts = [perPurchase, perDay, perMonth].map((amountMinor) =>
        amountText({ amountMinor, currency }),
      )
      return `${currency} ${texts.join('/')}`
    })
    .join(', '),
  vendors: vendors === 'all' ? 'all' : vendors.join(' '),
  subscriptions,
})
