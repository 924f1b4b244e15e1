import { sql } from 'kysely'
import type { ConnectionId, CustomerId, OrgId } from '#kernel/ids'
import { assertMay, type OrgAccess, orgForCustomer } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { ConnectionIsGone } from './errors.ts'

interface PurchaseCaller {
  orgId: OrgId
  askedBy: CustomerId
  connectionId: ConnectionId | undefined
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
