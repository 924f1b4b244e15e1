import { createHash } from 'node:crypto'
import type { OperationStatus } from '#contracts/status-update'
import { canonicalJson } from '#kernel/canonical-json'
import type { OperationId } from '#kernel/ids'
import type { Caller, OrgAccess } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { IdempotencyKeyReused } from './errors.ts'

/** A action that its key stands for, once and for all. */
export interface Claim {
  id: OperationId
  story: string
  workflowId: string
  key: string
  caller: Caller
  org: OrgAccess
  input: unknown
  /** What makes two inputs the same action: canonical, without defaults. */
  canonicalInput: unknown
  at: Date
}

export interface Claimed {
  id: OperationId
  workflowId: string
  status: OperationStatus
  /** False when an earlier call had claimed the key. */
  fresh: boolean
}

/**
 * Inserts the operation, or finds the one that holds the key in this org. Refuses `idempotency_key_reused` for other
 * input, when the connection used the key in another org (the active one switched between call and retry), and when a
 * colleague used it, whose operation the caller could not read.
 */
export async function claimOperation(tx: Db, claim: Claim): Promise<Claimed> {
  const { id, story, workflowId, key, caller, org, input, canonicalInput, at } = claim
  const hash = createHash('sha256')
    .update(canonicalJson({ org: org.id, canonicalInput }))
    .digest()
  const inserted = await tx
    .insertInto('operations')
    .values({
      id,
      org_id: org.id,
      story,
      idempotency_key: key,
      input: JSON.stringify(input),
      input_hash: hash,
      asked_by: caller.customer,
      connection_id: caller.connection ?? null,
      workflow_id: workflowId,
      created_at: at,
      updated_at: at,
    })
    .onConflict((on) => on.doNothing())
    .executeTakeFirst()
  if (inserted.numInsertedOrUpdatedRows) return { id, workflowId, status: 'running', fresh: true }
  const held = await tx
    .selectFrom('operations')
    .select(['id', 'workflow_id', 'status', 'input_hash', 'asked_by'])
    .where('org_id', '=', org.id)
    .where('story', '=', story)
    .where('idempotency_key', '=', key)
    .executeTakeFirst()
  const own = held?.asked_by === caller.customer ? held : undefined
  if (!own?.input_hash.equals(hash)) throw new IdempotencyKeyReused(own?.id)
  return { id: own.id, workflowId: own.workflow_id, status: own.status, fresh: false }
}
