import { z } from 'zod'
import { audit } from '#domain/audit'
import { type Operation, readOneTimeSecret } from '#domain/operations'
import { liveRole, may } from '#domain/orgs'
import { authJsonFor } from '#domain/projects'
import type { Context } from '../call/tool.ts'
import { KEYS_ARE_GONE, nextStepAfterPurchase, shownFailure } from './next-steps.ts'

const MOVING_MS = 2_000
const PERSON_MS = 10_000
/** The longest one call of get_operation waits, in ms. */
export const LONGEST_WAIT_MS = 20_000

const refusal = z.looseObject({
  code: z.string(),
  message: z.string(),
  next_step: z.string(),
  retryable: z.boolean(),
})

const nextAction = z.looseObject({
  type: z.enum(['call_tool', 'open_url']),
  tool: z.string().optional(),
  arguments: z.looseObject({}).optional(),
  url: z.string().optional().describe('For the user to open'),
  reason: z.string().optional(),
  expires_at: z.string().optional(),
  message: z.string().optional(),
})

/** What every purchase says beside its result. */
export const nextStep = { next_step: z.string().optional() }

/** The output of a tool that starts an operation, whose result is `result`. */
export const operationOf = <Result extends z.ZodObject>(result: Result) =>
  z.looseObject({
    operation_id: z.string().optional().describe('Absent for a dry_run'),
    story: z.string().describe('The tool that started it'),
    org: z.string(),
    status: z.enum(['running', 'waiting_for_you', 'completed', 'failed', 'cancelled']),
    progress: z.string().optional(),
    next_action: nextAction.optional().describe('What to do now, unless it is over'),
    poll_after_ms: z.int().optional(),
    result: result.optional(),
    error: refusal.optional(),
    replayed: z.boolean().optional().describe('True: an earlier call had started it'),
  })

/** `Result` is what the story's contract says; `answer()` checks it on the way out. */
type Handle<Result extends Record<string, unknown>> = z.input<ReturnType<typeof operationOf>> & {
  result?: Result | undefined
}

/**
 * An operation as the caller who started it sees it: its present state, never the state of its start. Secrets are
 * rendered here and nowhere else, and each time they are shown is audited.
 */
export async function operationAnswer<Result extends Record<string, unknown>>(
  context: Context,
  { operation, replayed }: { operation: Operation; replayed?: boolean },
): Promise<Handle<Result>> {
  return {
    operation_id: operation.id,
    story: operation.story,
    org: operation.orgSlug,
    status: operation.status,
    ...presentState(operation),
    ...(operation.status === 'completed' && { result: await resultOf<Result>(context, operation) }),
    ...(replayed && { replayed }),
  }
}

function presentState(
  operation: Operation,
): Pick<Handle<Record<string, unknown>>, 'progress' | 'poll_after_ms' | 'next_action' | 'error'> {
  const { id, status, progress, waitingFor, waitingUntil, url, error } = operation
  switch (status) {
    case 'running':
      return {
        progress,
        poll_after_ms: MOVING_MS,
        next_action: {
          type: 'call_tool',
          tool: 'get_operation',
          arguments: { operation_id: id, wait_ms: LONGEST_WAIT_MS },
        },
      }
    case 'waiting_for_you':
      return {
        poll_after_ms: PERSON_MS,
        next_action: {
          type: 'open_url',
          url,
          reason: waitingFor,
          expires_at: waitingUntil?.toISOString(),
          message:
            'Ask the user to open the URL, then call get_operation. Do not start again with a new key.',
        },
      }
    case 'failed':
      return { error: error && shownFailure(error) }
    case 'completed':
    case 'cancelled':
      return {}
  }
}

/** What a completed operation came to, with `auth_json` while it may still be shown to this caller. */
export async function resultOf<Result>(context: Context, operation: Operation): Promise<Result> {
  const { db, caller, at, secrets, publicUrl, requestId } = context
  const next_step = nextStepAfterPurchase(operation.result ?? {})
  const result: Record<string, unknown> = { ...operation.result, ...(next_step && { next_step }) }
  // only a result one can install from has ever had credentials
  if (!result.repository) return result as Result
  const role = await liveRole(db, operation.orgId, caller.customer)
  const mayRead = caller.scopes.includes('projects') && role && may(role, 'manage_project_tokens')
  const secret = mayRead && (await readOneTimeSecret(db, { operation: operation.id, caller, at }))
  if (!secret) return { ...result, next_step: next_step ?? KEYS_ARE_GONE } as Result
  await audit(db, {
    chain: `org:${operation.orgId}`,
    action: 'show_auth_json',
    outcome: 'done',
    customer: caller.customer,
    connection: caller.connection,
    client: context.clientId,
    org: operation.orgId,
    object: String(result.project),
    request: requestId,
    operation: operation.id,
  })
  const keys = JSON.parse(secrets.open(secret, operation.id)) as { public_key: string; private_key: string }
  const auth_json = authJsonFor(publicUrl, { publicKey: keys.public_key, privateKey: keys.private_key })
  return { ...result, auth_json } as Result
}
