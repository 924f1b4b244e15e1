import type { ConnectionId, OrgId } from '#kernel/ids'
import { type Actor, audit, by } from '#domain/audit'
import { type Access, accessTo, type Caller, orgIdOf } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'

export interface OrgSwitch {
  caller: Caller & { connection: ConnectionId }
  /** The org of every later call that does not name another one. */
  org: Access
}

/**
 * Makes an org the active org of the caller's connection. Returns the previous one, and audits the change in both
 * orgs. Changes nothing when it is already active. Refuses `org_not_found` when the caller is neither a member nor
 * a guest.
 */
export async function setActiveOrg(
  db: Db,
  { caller, org }: OrgSwitch,
): Promise<{ org: Access; previous: OrgId }> {
  const id = caller.connection
  return inTransaction(db, async (tx) => {
    const { active_org_id: previous } = await tx
      .selectFrom('connections')
      .select('active_org_id')
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirstOrThrow()
    const current = await accessTo(tx, caller.customer, orgIdOf(org))
    await switchOrg(tx, { id, from: previous, to: orgIdOf(current), actor: by(caller) })
    return { org: current, previous }
  })
}

/** Writes the switch and audits it in both orgs. Does nothing when the org is already active. */
export async function switchOrg(
  tx: Db,
  { id, from, to, actor }: { id: ConnectionId; from: OrgId; to: OrgId; actor: Actor },
): Promise<void> {
  if (from === to) return
  await tx.updateTable('connections').set({ active_org_id: to }).where('id', '=', id).execute()
  // always locked in the same order, so that two opposite switches cannot wait for each other
  for (const chain of [from, to].toSorted())
    await audit(tx, {
      ...actor,
      chain: `org:${chain}`,
      action: 'set_active_org',
      outcome: 'done',
      org: chain,
      object: id,
      detail: { from, to },
    })
}
