import type { OperationId, OrgId } from '#kernel/ids'
import { enqueueNudge } from '#domain/operations'
import type { Db } from '../../platform/database.ts'

/** Notes which host an operation needs a consent for. Call it before the operation waits for `git_consent`. */
export async function noteGitWait(
  db: Db,
  { operation, host }: { operation: OperationId; host: string },
): Promise<void> {
  await db
    .insertInto('git_waits')
    .values({ operation_id: operation, host })
    .onConflict((on) => on.column('operation_id').doUpdateSet({ host }))
    .execute()
}

/** The host whose consent an operation of this org waits for now. Undefined when it does not wait for one. */
export async function awaitedGitHost(
  db: Db,
  { operation, org }: { operation: OperationId; org: OrgId },
): Promise<string | undefined> {
  const row = await waitsOf(db, org).select('w.host').where('p.id', '=', operation).executeTakeFirst()
  return row?.host
}

/** Nudges every operation of the org that waits for this host. */
export async function nudgeWaitingFor(tx: Db, { org, host }: { org: OrgId; host: string }): Promise<void> {
  const waiting = await waitsOf(tx, org)
    .select('p.workflow_id')
    .where('w.host', '=', host)
    .orderBy('p.workflow_id')
    .execute()
  for (const { workflow_id } of waiting) await enqueueNudge(tx, workflow_id)
}

/** Uses the index `operations_waiting`. */
const waitsOf = (db: Db, org: OrgId) =>
  db
    .selectFrom('operations as p')
    .innerJoin('git_waits as w', 'w.operation_id', 'p.id')
    .where('p.org_id', '=', org)
    .where('p.waiting_for', '=', 'git_consent')
    .where('p.status', '=', 'waiting_for_you')
