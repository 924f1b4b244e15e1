import { mintId } from '#kernel/ids'
import { canonicalCredentials, type Credentials } from '#kernel/schemas'
import { type Completed, completeOnce } from '#domain/operations'
import { type Access, assertMayUse, lockForCaller, orgIdOf } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { ProjectIsArchived, ProjectTokenIsOver } from './errors.ts'
import { installSnippet } from './install-snippet.ts'
import { projectAccess } from './project-reads.ts'
import { lockProject, projectOf } from './project-store.ts'
import { OVERLAP, revokeProjectToken } from './project-token.ts'
import { findToken, lockToken, MANAGE, type TokenOfProject } from './revoke-token.ts'
import { mintTokenFor, type ProjectSetUp } from './set-up-project.ts'

const HOUR_MS = 3_600_000
/** How long a rotated token stays valid, in hours, so that running installations do not fail. */
const DEFAULT_OVERLAP_HOURS = OVERLAP / HOUR_MS

export interface Rotation extends Omit<ProjectSetUp, 'input' | 'org'> {
  org: Access
  /** `token`: id or public key of the old token. */
  input: { token: string; overlap_hours?: number | undefined; credentials?: Credentials }
}

/**
 * Mints a token with the same label. The old one ends after the overlap, or earlier if it had an earlier end. Runs as
 * a `completeOnce` operation: the same key returns the first result, even if the old token has ended by then. Refuses
 * `not_allowed`, `project_token_not_found`, `project_token_revoked`, `project_token_expired`, `project_archived`,
 * `idempotency_key_reused`.
 */
export async function rotateToken(db: Db, rotation: Rotation): Promise<Completed> {
  const { org, publicUrl, at } = rotation
  const { token: ref, overlap_hours = DEFAULT_OVERLAP_HOURS } = rotation.input
  const credentials = canonicalCredentials(rotation.input.credentials)
  assertMayUse(org, MANAGE)
  return inTransaction(db, async (tx) => {
    const access = await lockForCaller(tx, rotation, MANAGE)
    const found = await findToken(tx, access, ref)
    const input = { token: found.id, overlap_hours, credentials }
    const once = { ...rotation, org: { id: orgIdOf(org) }, story: 'rotate_project_token', input }
    return completeOnce(tx, once, async (operation) => {
      const old = await lockToRotate(tx, access, { ...found, at })
      const ends = await endAfterOverlap(tx, old, { overlapHours: overlap_hours, at })
      const token = mintId('ptk', at, Math.random)
      const { project, label } = old
      await mintTokenFor(tx, { ...rotation, project, label, operation, token, credentials })
      const { packages } = await projectAccess(tx, { project, at })
      const replaces = { token: old.id, public_key: old.publicKey, works_until: ends.toISOString() }
      return {
        result: { project, token, label, replaces, ...installSnippet(publicUrl, project, packages) },
        object: old.id,
        detail: { project, successor: token, overlap_hours },
      }
    })
  })
}

/** Locks the project, then the token, as every action on both does. Refuses when one of them has ended. */
async function lockToRotate(
  tx: Db,
  org: Access,
  { id, project, at }: TokenOfProject & { at: Date },
): Promise<TokenOfProject> {
  if ((await lockProject(tx, project)).archivedAt)
    throw new ProjectIsArchived((await projectOf(tx, orgIdOf(org), project)).slug)
  const token = await lockToken(tx, org, id)
  if (token.revokedAt) throw new ProjectTokenIsOver(id, 'revoked')
  if (token.expiresAt && token.expiresAt <= at) throw new ProjectTokenIsOver(id, 'expired')
  return token
}

/** Returns when the old token ends. */
async function endAfterOverlap(
  tx: Db,
  old: TokenOfProject,
  { overlapHours, at }: { overlapHours: number; at: Date },
): Promise<Date> {
  if (overlapHours === 0) {
    await revokeProjectToken(tx, old.id, at)
    return at
  }
  const wanted = new Date(at.getTime() + overlapHours * HOUR_MS)
  const ends = old.expiresAt && old.expiresAt < wanted ? old.expiresAt : wanted
  await tx
    .updateTable('project_tokens')
    .set({ expires_at: ends, ends_if_unused: false })
    .where('id', '=', old.id)
    .execute()
  return ends
}
