import { mintId, type OperationId } from '#kernel/ids'
import { audit, type AuditEvent } from '#domain/audit'
import type { Caller, OrgAccess } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { claimOperation } from './claim.ts'

/** A action that one transaction completes, without a workflow. */
export interface OnceWanted {
  /** The tool's name, and the action's in the audit log. */
  story: string
  /** Without one, each call is a action of its own. */
  key: string | undefined
  caller: Caller
  org: OrgAccess
  /** With every default filled in and everything named by its id: two that are equal are the same action. */
  input: unknown
  at: Date
}

export interface DoneOnce {
  result: Record<string, unknown>
  /** The id of what it was done to, and more of it, for the audit log. */
  object: string
  detail?: AuditEvent['detail']
}

export interface Completed {
  operation: OperationId
  /** The key had stood for it before: nothing was done again. */
  replayed: boolean
}

/**
 * Does a action for its key once and keeps its result as a completed operation, which the key replays. Refuses
 * `idempotency_key_reused`, and what the action refuses: then the key stays free.
 */
export async function completeOnce(
  tx: Db,
  { story, key, caller, org, input, at }: OnceWanted,
  action: (operation: OperationId) => Promise<DoneOnce>,
): Promise<Completed> {
  const id = mintId('op', at, Math.random)
  const claim = { id, story, workflowId: `${story}/${id}`, key: key ?? id, canonicalInput: input }
  const claimed = await claimOperation(tx, { ...claim, caller, org, input, at })
  if (!claimed.fresh) return { operation: claimed.id, replayed: true }
  const { result, object, detail } = await action(id)
  await tx
    .updateTable('operations')
    .set({
      status: 'completed',
      result: JSON.stringify(result),
      revision: 1,
      started_at: at,
      updated_at: at,
      finished_at: at,
    })
    .where('id', '=', id)
    .execute()
  await audit(tx, {
    chain: `org:${org.id}`,
    action: story,
    outcome: 'done',
    customer: caller.customer,
    connection: caller.connection,
    org: org.id,
    object,
    operation: id,
    detail,
  })
  return { operation: id, replayed: false }
}
