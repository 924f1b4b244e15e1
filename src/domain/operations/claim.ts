import { createHash } from 'node:crypto'
import type { OperationStatus } from '#contracts/status-update'
import { canonicalJson } from '#kernel/canonical-json'
import type { OperationId } from '#kernel/ids'
import { type Caller, type OrgAccess, OrgNotFound } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { IdempotencyKeyReused } from './errors.ts'
import { newLink } from './waits.ts'

/** A request with its idempotency key. The key belongs to this request for ever. */
export interface Claim {
  id: OperationId
  story: string
  workflowId: string
  key: string
  caller: Caller
  org: Pick<OrgAccess, 'id'>
  input: unknown
  /** Equal for two inputs that ask for the same action. */
  canonicalInput: unknown
  at: Date
}

export interface Claimed {
  id: OperationId
  workflowId: string
  status: OperationStatus
  /** False when an earlier call claimed the key. */
  fresh: boolean
}

/**
 * Inserts the operation, or finds the one that has the key. Refuses `idempotency_key_reused` when the key was used for
 * another input, by a colleague, or by this connection in another org. The last case happens when the active org
 * changed before a retry. Refuses `org_not_found` for an org that was deleted a moment ago.
 */
export async function claimOperation(tx: Db, claim: Claim): Promise<Claimed> {
  const { id, story, workflowId, key, caller, org, input, canonicalInput, at } = claim
  const hash = createHash('sha256')
    // the hash is stored for ever: with another field name, a retry of an older request would not be recognised
    .update(canonicalJson({ org: org.id, sameness: canonicalInput }))
    .digest()
  const row = {
    id,
    story,
    idempotency_key: key,
    input: JSON.stringify(input),
    input_hash: hash,
    asked_by: caller.customer,
    connection_id: caller.connection ?? null,
    workflow_id: workflowId,
    // also for one that never waits: its page shows how it ended
    link: newLink(),
    created_at: at,
    updated_at: at,
  }
  const names = Object.keys(row) as (keyof typeof row)[]
  const inserted = await tx
    .insertInto('operations')
    .columns(['org_id', ...names])
    // waits while the org is being deleted, and inserts nothing then
    .expression((from) =>
      from
        .selectFrom('orgs as o')
        .select('o.id as org_id')
        .select((value) => names.map((name) => value.val(row[name]).as(name)))
        .where('o.id', '=', org.id)
        .where('o.deleted_at', 'is', null)
        .forKeyShare(),
    )
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
  if (!held && (await isDeleted(tx, org))) throw new OrgNotFound(org.id)
  const own = held?.asked_by === caller.customer ? held : undefined
  if (!own?.input_hash.equals(hash)) throw new IdempotencyKeyReused(own?.id)
  return { id: own.id, workflowId: own.workflow_id, status: own.status, fresh: false }
}

async function isDeleted(tx: Db, { id }: Claim['org']): Promise<boolean> {
  const found = await tx.selectFrom('orgs').select('deleted_at').where('id', '=', id).executeTakeFirst()
  return !found || found.deleted_at !== null
}
