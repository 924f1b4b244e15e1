import type { OrgId } from '#kernel/ids'
import { type Caller, lockForMember, type OrgAccess, type Permission } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'

/** A change of an org by one of its members. */
export interface OrgChange {
  caller: Caller
  org: { id: OrgId }
  at: Date
}

/**
 * Runs a change of the team of an org. Only one runs at a time, with the role that the caller has then. Refuses
 * `org_not_found` for somebody who is no member any more, and `not_allowed`.
 */
export function inOrg<T>(
  db: Db,
  by: Pick<OrgChange, 'caller' | 'org'>,
  permission: Permission,
  change: (tx: Db, org: OrgAccess) => Promise<T>,
): Promise<T> {
  return inTransaction(db, async (tx) => change(tx, await lockForMember(tx, by, permission)))
}

/** The fields of an audit event that name the org, for `audit`. */
export const inChainOf = ({ id }: { id: OrgId }, action: string, object: string) =>
  ({ chain: `org:${id}`, action, outcome: 'done', org: id, object }) as const
