import { mintId, type OperationId } from '#kernel/ids'
import { audit, type AuditEvent, by } from '#domain/audit'
import type { Caller, OrgAccess } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { claimOperation } from './claim.ts'

/** An action that completes in one transaction, without a workflow. */
export interface OnceWanted {
  /** The name of the tool, and of the action in the audit log. */
  story: string
  /** The idempotency key. Without it, each call is a new action. */
  key: string | undefined
  caller: Caller
  org: Pick<OrgAccess, 'id'>
  /** With all defaults filled in and all objects named by id. Equal inputs are the same action. */
  input: unknown
  at: Date
}

export interface DoneOnce {
  result: Record<string, unknown>
  /** The id of the object of the action. `object` and `detail` are for the audit log. */
  object: string
  detail?: AuditEvent['detail']
  /** All was so before: nothing is audited. */
  isUnchanged?: boolean
}

export interface Completed {
  operation: OperationId
  /** An earlier call with the key did it. This call did nothing. */
  replayed: boolean
}

/**
 * Runs an action once for its key, and stores the result as a completed operation. A later call with the key returns
 * that operation. Refuses `idempotency_key_reused`, and what the action refuses; after a refusal the key can be used
 * again.
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
  const { result, object, detail, isUnchanged = false } = await action(id)
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
  if (isUnchanged) return { operation: id, replayed: false }
  await audit(tx, {
    chain: `org:${org.id}`,
    action: story,
    outcome: 'done',
    ...by(caller),
    org: org.id,
    object,
    operation: id,
    detail,
  })
  return { operation: id, replayed: false }
}
