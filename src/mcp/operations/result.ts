import { z } from 'zod'
import { bootstrapVendor } from '#contracts/bootstrap-vendor'
import { audit, by } from '#domain/audit'
import { type Completed, type Operation, readOperation } from '#domain/operations'
import { authJsonFor, keysIn, offerPickup, pickupCommands, readKeys } from '#domain/projects'
import { composerRepository } from '#kernel/schemas'
import { foreignName } from '../call/foreign-text.ts'
import type { Context, OrgContext } from '../call/tool.ts'
import {
  FETCH_THEM,
  KEYS_ARE_GONE,
  nextStepAfterPurchase,
  nextStepsOfVendor,
  theyWereFetched,
  withNextSteps,
} from './next-steps.ts'

/** A result with a project to install on. No other result has credentials. */
const installable = z.looseObject({
  project: z.string(),
  repository: composerRepository,
})

/**
 * Returns the result of a completed operation, with `auth_json` or a `pickup` while this caller may still see it.
 * Credentials are rendered only here, and each display is audited.
 */
export async function resultOf(context: Context, operation: Operation): Promise<Record<string, unknown>> {
  if (operation.story === bootstrapVendor.story)
    return { ...operation.result, next_steps: nextStepsOfVendor(operation.result ?? {}) }
  const next_step = nextStepAfterPurchase(operation.result ?? {})
  // not a parsed copy, because its fields would be in another order
  const result = { ...operation.result, ...labelIn(operation.result), ...(next_step && { next_step }) }
  const { success, data } = installable.safeParse(result)
  if (!success) return withNextSteps(result)
  const shown = await credentialsOf(context, operation, data.project)
  if (shown.pickup && next_step) return { ...result, ...shown, next_step: `${FETCH_THEM} Then: ${next_step}` }
  return { ...result, ...shown, next_step: next_step ?? shown.next_step }
}

/** The label of a token, which another member may have written. */
const labelIn = (result: Record<string, unknown> = {}) =>
  typeof result['label'] === 'string' && { label: foreignName(result['label']) }

/** Returns the stored result of a creation tool, whose operation is already completed, or the result of its dry run. */
export async function createdResult(
  context: OrgContext,
  created: Completed | { dryRun: Record<string, unknown> },
): Promise<Record<string, unknown>> {
  if ('dryRun' in created) return { org: context.org.slug, ...created.dryRun }
  const { operation, replayed } = created
  const result = await resultOf(context, await readOperation(context.db, operation))
  return { org: context.org.slug, ...result, ...(replayed && { replayed }) }
}

interface Shown {
  auth_json?: ReturnType<typeof authJsonFor>
  pickup?: { url: string; expires_at: string; commands: string[] }
  next_step?: string
}

/** The keys, or the link to the keys if the operation was asked for a link. When the keys are gone, what to do next. */
async function credentialsOf(context: Context, operation: Operation, project: string): Promise<Shown> {
  if (!context.caller.scopes.includes('projects')) return { next_step: KEYS_ARE_GONE }
  return (
    (await inline(context, operation, project)) ??
    (await byLink(context, operation)) ?? { next_step: KEYS_ARE_GONE }
  )
}

async function inline(context: Context, operation: Operation, project: string): Promise<Shown | undefined> {
  const { db, caller, at, secrets, publicUrl } = context
  const { id } = operation
  const secret = await readKeys(db, { operation: id, caller, at })
  if (!secret) return undefined
  const auth_json = authJsonFor(publicUrl, keysIn(secrets.open(secret, id)))
  await auditShown(context, operation, project)
  return { auth_json }
}

async function byLink(
  context: Context,
  { id: operation, orgId: org }: Operation,
): Promise<Shown | undefined> {
  const { db, caller, at, publicUrl, requestId: request } = context
  const offered = await offerPickup(db, { operation, org, caller, client: caller.client, request, at })
  if (!offered) return undefined
  if (offered.usedAt) return { next_step: theyWereFetched(offered.usedAt) }
  const { link, expiresAt, packages } = offered
  const url = `${publicUrl}/pickup/${link}`
  const commands = pickupCommands(url, packages)
  return { pickup: { url, expires_at: expiresAt.toISOString(), commands }, next_step: FETCH_THEM }
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
