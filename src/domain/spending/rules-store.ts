import type { ConnectionId, CustomerId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { SpendingRules } from './rules.ts'

/**
 * Locks the rules of a connection until the end of the transaction, so that only one purchase at a time can add to what
 * it spends. Creates the row when there is none.
 */
export async function lockRules(tx: Db, connection: ConnectionId): Promise<void> {
  await tx
    .insertInto('spending_rules')
    .values({ connection_id: connection })
    .onConflict((on) => on.doNothing())
    .execute()
  await tx
    .selectFrom('spending_rules')
    .select('connection_id')
    .where('connection_id', '=', connection)
    .forUpdate()
    .executeTakeFirstOrThrow()
}

/** The rules that a person set for a connection. Undefined when no person set any. */
export async function findRules(db: Db, connection: ConnectionId): Promise<SpendingRules | undefined> {
  const rules = await db
    .selectFrom('spending_rules')
    .select(['allowed_vendors', 'subscriptions'])
    .where('connection_id', '=', connection)
    .where('set_at', 'is not', null)
    .executeTakeFirst()
  if (!rules) return undefined
  const limits = await db
    .selectFrom('spending_limits')
    .select(['currency', 'per_purchase', 'per_day', 'per_month'])
    .where('connection_id', '=', connection)
    .orderBy('currency')
    .execute()
  return {
    limits: limits.map((limit) => ({
      currency: limit.currency,
      perPurchase: limit.per_purchase,
      perDay: limit.per_day,
      perMonth: limit.per_month,
    })),
    vendors: rules.allowed_vendors ?? 'all',
    subscriptions: rules.subscriptions,
  }
}

/** Replaces the rules of a connection, which the caller has locked. */
export async function replaceRules(
  tx: Db,
  replaced: { connection: ConnectionId; rules: SpendingRules; by: CustomerId; at: Date },
): Promise<void> {
  const { connection, rules, by, at } = replaced
  await tx
    .updateTable('spending_rules')
    .set({
      allowed_vendors: rules.vendors === 'all' ? null : [...rules.vendors],
      subscriptions: rules.subscriptions,
      set_at: at,
      set_by: by,
    })
    .where('connection_id', '=', connection)
    .execute()
  await tx.deleteFrom('spending_limits').where('connection_id', '=', connection).execute()
  const limits = rules.limits.map((limit) => ({
    connection_id: connection,
    currency: limit.currency,
    per_purchase: limit.perPurchase,
    per_day: limit.perDay,
    per_month: limit.perMonth,
  }))
  if (limits.length) await tx.insertInto('spending_limits').values(limits).execute()
}
