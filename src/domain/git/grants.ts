import { GitHostFailure, type GitGrant } from '#kernel/git-host'
import type { GitIntegrationId } from '#kernel/ids'
import { audit } from '#domain/audit'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { GitHostUnavailable, GitIntegrationBroken } from './errors.ts'
import {
  type Integration,
  lockIntegration,
  openTokens,
  type SealedTokens,
  storeTokens,
} from './integration-store.ts'
import { type GitOptions, hostOf } from './options.ts'

/** A token that ends sooner is renewed before a call. */
const CALL_NEEDS_MS = 60_000
/** As long as `git` may need for one job. */
export const JOB_NEEDS_MS = 15 * 60_000

interface Use<T> {
  integration: Integration
  at: Date
  /** How long the token has to live, in ms. */
  needsMs?: number
  call: (grant: GitGrant) => Promise<T>
}

/**
 * Calls a host with the access of an integration. Renews a token that is about to end, and once one that the host does
 * not accept: another process may just have renewed it. Refuses `git_integration_broken` when the consent has ended,
 * and `git_host_unavailable`. A `GitHostFailure` of kind `forbidden` is left to the caller.
 */
export async function withGrant<T>(
  options: GitOptions,
  { integration, at, needsMs = CALL_NEEDS_MS, call }: Use<T>,
): Promise<T> {
  if (integration.brokenAt) throw new GitIntegrationBroken(integration.host)
  const until = at.getTime() + needsMs
  const { tokens } = integration
  const held =
    tokens && tokens.expiresAt.getTime() < until
      ? await renewed(options, { integration, at, isFresh: ({ expiresAt }) => expiresAt.getTime() >= until })
      : tokens
  try {
    return await call(grantOf(options, integration, held))
  } catch (error) {
    if (!isFailure(error, 'unauthorized')) throw orUnavailable(options, error)
    if (!held) return endGrant(options, { integration, held, at })
    const fresh = await renewed(options, {
      integration,
      at,
      isFresh: ({ sealed }) => !sealed.equals(held.sealed),
    })
    try {
      return await call(grantOf(options, integration, fresh))
    } catch (again) {
      if (!isFailure(again, 'unauthorized')) throw orUnavailable(options, again)
      return endGrant(options, { integration, held: fresh, at })
    }
  }
}

function grantOf(
  { sealing }: GitOptions,
  { id, accountId }: Integration,
  held: SealedTokens | undefined,
): GitGrant {
  return { accountId, ...(held && { accessToken: openTokens(sealing, id, held).accessToken }) }
}

interface Renewal {
  integration: Integration
  at: Date
  /** Whether the stored tokens can be used as they are, because another process has renewed them. */
  isFresh: (stored: SealedTokens) => boolean
}

/**
 * Renews the tokens while the row is locked. A refresh token works once, so two processes must not use the same one;
 * hence this is the only call to another system inside a transaction. It takes at most 10 s.
 */
async function renewed(options: GitOptions, { integration, at, isFresh }: Renewal): Promise<SealedTokens> {
  const { db, sealing } = options
  const { id, host } = integration
  const kept = await inTransaction(db, async (tx) => {
    const row = await lockIntegration(tx, id)
    if (!row?.tokens || row.brokenAt) return undefined
    if (isFresh(row.tokens)) return row.tokens
    try {
      const { refreshToken } = openTokens(sealing, id, row.tokens)
      const tokens = await hostOf(options, host).refresh(refreshToken, at)
      return await storeTokens(tx, sealing, { id, tokens })
    } catch (error) {
      if (!isFailure(error, 'unauthorized')) throw error
      await markBroken(tx, { integration: row, at })
      return undefined
    }
  }).catch((error: unknown) => {
    throw orUnavailable(options, error)
  })
  if (!kept) throw new GitIntegrationBroken(host)
  return kept
}

/** The host does not accept the grant. Marks the integration as broken, unless it got another grant meanwhile. */
async function endGrant(
  { db }: GitOptions,
  { integration, held, at }: { integration: Integration; held: SealedTokens | undefined; at: Date },
): Promise<never> {
  await inTransaction(db, async (tx) => {
    const row = await lockIntegration(tx, integration.id)
    const isSame = row && !row.brokenAt && (!held || row.tokens?.sealed.equals(held.sealed))
    if (isSame) await markBroken(tx, { integration: row, at })
  })
  throw new GitIntegrationBroken(integration.host)
}

async function markBroken(
  tx: Db,
  { integration: { id, org, host }, at }: { integration: Integration; at: Date },
): Promise<void> {
  await setBroken(tx, id, at)
  const detail = { host }
  const event = { action: 'break_git_integration', outcome: 'failed', org, object: id, detail } as const
  await audit(tx, { chain: `org:${org}`, ...event })
}

async function setBroken(tx: Db, id: GitIntegrationId, at: Date): Promise<void> {
  await tx.updateTable('git_integrations').set({ broken_at: at }).where('id', '=', id).execute()
}

export const isFailure = (error: unknown, kind: GitHostFailure['kind']): error is GitHostFailure =>
  error instanceof GitHostFailure && error.kind === kind

/** The refusal for a host that did not answer, or that an operator has to look at. Any other error is returned as it is. */
export function orUnavailable({ log }: Pick<GitOptions, 'log'>, error: unknown): unknown {
  if (isFailure(error, 'misconfigured'))
    log.error({ error }, 'a Git host does not know our application: check GIT_HOSTS')
  const isAway = isFailure(error, 'away') || isFailure(error, 'misconfigured')
  return isAway ? new GitHostUnavailable(error, error.retryAfterMs) : error
}
