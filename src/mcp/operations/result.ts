import { z } from 'zod'
import { audit, by } from '#domain/audit'
import { type Completed, type Operation, readOneTimeSecret, readOperation } from '#domain/operations'
import { liveRole, may } from '#domain/orgs'
import { authJsonFor } from '#domain/projects'
import { composerRepository } from '#kernel/schemas'
import type { Context, OrgContext } from '../call/tool.ts'
import { KEYS_ARE_GONE, nextStepAfterPurchase } from './next-steps.ts'

/** A result with a project to install on. No other result has credentials. */
const installable = z.looseObject({
  project: z.string(),
  repository: composerRepository,
})

const keyPair = z.object({ public_key: z.string(), private_key: z.string() })

/**
 * Returns the result of a completed operation, with `auth_json` while this caller may still see it. Credentials are
 * rendered only here, and each display is audited.
 */
export async function resultOf(context: Context, operation: Operation): Promise<Record<string, unknown>> {
  const next_step = nextStepAfterPurchase(operation.result ?? {})
  // a parsed copy would have its fields in another order
  const result = { ...operation.result, ...(next_step && { next_step }) }
  const { success, data } = installable.safeParse(result)
  if (!success) return result
  const auth_json = await readableAuthJson(context, operation)
  if (!auth_json) return { ...result, next_step: next_step ?? KEYS_ARE_GONE }
  await auditShown(context, operation, data.project)
  return { ...result, auth_json }
}

/** Returns the stored result of a creation tool. One transaction has already completed its operation. */
export async function createdResult(
  context: OrgContext,
  { operation, replayed }: Completed,
): Promise<Record<string, unknown>> {
  const result = await resultOf(context, await readOperation(context.db, operation))
  return { org: context.org.slug, ...result, ...(replayed && { replayed }) }
}

async function readableAuthJson(
  { db, caller, at, secrets, publicUrl }: Context,
  { id, orgId }: Operation,
): Promise<ReturnType<typeof authJsonFor> | undefined> {
  const role = await liveRole(db, orgId, caller.customer)
  if (!caller.scopes.includes('projects') || !role || !may(role, 'manage_project_tokens')) return undefined
  const secret = await readOneTimeSecret(db, { operation: id, caller, at })
  if (!secret) return undefined
  const keys = keyPair.parse(JSON.parse(secrets.open(secret, id)))
  return authJsonFor(publicUrl, { publicKey: keys.public_key, privateKey: keys.private_key })
}

async function auditShown({ db, caller }: Context, { id, orgId }: Operation, project: string): Promise<void> {
  await audit(db, {
    chain: `org:${orgId}`,
    action: 'show_auth_json',
    outcome: 'done',
    ...by(caller),
    org: orgId,
    object: project,
    operation: id,
  })
}
