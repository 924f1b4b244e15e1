import type { ConnectionId, CustomerId, OrgId } from '#kernel/ids'
import { assertMay, type OrgAccess, orgForCustomer } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { ConnectionIsGone } from './errors.ts'

export interface Asker {
  orgId: OrgId
  askedBy: CustomerId
  connectionId: ConnectionId | undefined
}

/** Whether who asked may still buy: the live role and a living connection. Refuses `org_not_found`, `not_allowed`. */
export async function authorityOf(db: Db, { orgId, askedBy, connectionId }: Asker): Promise<OrgAccess> {
  const org = await orgForCustomer(db, askedBy, orgId)
  assertMay(org, 'buy')
  if (connectionId) {
    const alive = await db
      .selectFrom('connections')
      .select('id')
      .where('id', '=', connectionId)
      .where('revoked_at', 'is', null)
      .executeTakeFirst()
    if (!alive) throw new ConnectionIsGone()
  }
  return org
}
