import type { CustomerId, OrgId } from '#kernel/ids'
import { audit } from '#domain/audit'
import { assertMay, lockForMember, orgForCustomer } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { SpendingStopped } from './errors.ts'

export interface KillSwitch {
  org: OrgId
  by: CustomerId
  /** True stops the assistants, false lets them buy again. */
  on: boolean
  /** The id of the request, as in the log. */
  request?: string
  at: Date
}

/**
 * Stops all purchases that assistants make for an org, or allows them again. Paid purchases do not change. Returns
 * whether this call changed anything; a call without a change is not audited. Refuses `org_not_found`, `not_allowed`.
 */
export async function setKillSwitch(db: Db, { org: id, by, on, request, at }: KillSwitch): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const member = { caller: { customer: by }, org: { id } }
    // stopping must not wait for a lock
    const org = on ? await orgForCustomer(tx, by, id) : await lockForMember(tx, member, 'stop_spending')
    assertMay(org, 'stop_spending')
    const hasChanged = on ? await stop(tx, { org: org.id, by, at }) : await goOn(tx, org.id)
    if (!hasChanged) return false
    await audit(tx, {
      chain: `org:${org.id}`,
      action: on ? 'stop_spending' : 'allow_spending',
      outcome: 'done',
      customer: by,
      org: org.id,
      object: org.id,
      request,
    })
    return true
  })
}

async function stop(tx: Db, { org, by, at }: Pick<KillSwitch, 'org' | 'by' | 'at'>): Promise<boolean> {
  const { numInsertedOrUpdatedRows: n } = await tx
    .insertInto('spending_stops')
    .values({ org_id: org, stopped_by: by, stopped_at: at })
    .onConflict((on) => on.doNothing())
    .executeTakeFirst()
  return n !== 0n
}

async function goOn(tx: Db, org: OrgId): Promise<boolean> {
  const { numDeletedRows: n } = await tx
    .deleteFrom('spending_stops')
    .where('org_id', '=', org)
    .executeTakeFirst()
  return n !== 0n
}

/** Since when no assistant may buy for the org. Undefined when they may. */
export async function spendingStoppedSince(db: Db, org: OrgId): Promise<Date | undefined> {
  const stop = await db
    .selectFrom('spending_stops')
    .select('stopped_at')
    .where('org_id', '=', org)
    .executeTakeFirst()
  return stop?.stopped_at
}

/** Refuses `spending_stopped`. */
export async function assertNotStopped(db: Db, org: OrgId): Promise<void> {
  if (await spendingStoppedSince(db, org)) throw new SpendingStopped()
}
