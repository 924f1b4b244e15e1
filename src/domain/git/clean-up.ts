import type { GitGrant, GitHost } from '#kernel/git-host'
import type { PackageHookId, PackageId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { endTokens } from './consent.ts'
import { isFailure } from './grants.ts'
import { endedIntegration, type Integration, openTokens, storeTokens } from './integration-store.ts'
import type { GitOptions } from './options.ts'
import { reach } from './repository-access.ts'

const TRY_AGAIN_MS = 5 * 60_000
/** When the host was unreachable for this long, the hooks stay there. A delivery starts a look that has no access. */
const GIVE_UP_MS = 24 * 60 * 60_000
const MOST_AT_ONCE = 10
/** Ends before another process takes the same integration. */
const REPEATED_MS = 4 * 60_000

/** As `Git.cleanUpDue`. Two processes never take the same integration. Uses the index `git_integrations_cleanups`. */
export async function cleanUpDue(options: GitOptions, at: Date): Promise<number> {
  const { db, log } = options
  const due = await db
    .updateTable('git_integrations')
    .set({ cleanup_at: new Date(at.getTime() + TRY_AGAIN_MS) })
    .where('id', 'in', (ended) =>
      ended
        .selectFrom('git_integrations')
        .select('id')
        .where('cleanup_at', '<=', at)
        .orderBy('cleanup_at')
        .limit(MOST_AT_ONCE)
        .forUpdate()
        .skipLocked(),
    )
    .returning(['id', 'disconnected_at'])
    .execute()
  for (const { id, disconnected_at: since } of due) {
    const integration = await endedIntegration(db, id)
    const isOver = at.getTime() - (since?.getTime() ?? 0) >= GIVE_UP_MS
    try {
      await (isOver
        ? finish(options, integration)
        : cleanUp(options, integration, { at, mostMs: REPEATED_MS }))
    } catch (error) {
      log.warn({ error, integration: id }, 'hooks could not be deleted at a Git host yet')
    }
  }
  return due.length
}

/**
 * Deletes our hooks at the host of a disconnected integration, and then its tokens. A hook stays when another integration
 * of the org reaches its repository, or when the account may not change the hooks of its repository any more. After
 * `mostMs` it stops, and `cleanUpDue` goes on. It may run twice. Throws `GitHostFailure` and `git_host_unavailable`.
 */
export async function cleanUp(
  options: GitOptions,
  integration: Integration,
  { at, mostMs }: { at: Date; mostMs: number },
): Promise<void> {
  const host = options.hosts.find((each) => each.host === integration.host)
  const until = performance.now() + mostMs
  if (host && !integration.brokenAt) {
    const hooks = await hooksAt(options.db, integration)
    try {
      const used = hooks.length ? await renewed(options, { host, integration, at }) : integration
      for (const hook of hooks) {
        if (performance.now() > until) return
        await deleteHook(options, { host, integration: used, hook, at }).catch((error: unknown) => {
          if (!isFailure(error, 'forbidden')) throw error
        })
      }
    } catch (error) {
      // the person has already taken the access away: there is nothing that we can delete
      if (!isFailure(error, 'unauthorized')) throw error
    }
  }
  await finish(options, await endedIntegration(options.db, integration.id))
}

interface Hook {
  id: PackageHookId
  package: PackageId
  repository: string
}

/** The hooks that we created at this host for packages of the org. */
async function hooksAt(db: Db, { org, host }: Integration): Promise<Hook[]> {
  return db
    .selectFrom('package_hooks as h')
    .innerJoin('packages as p', 'p.id', 'h.package_id')
    .innerJoin('vendors as v', 'v.id', 'p.vendor_id')
    .select(['h.id', 'h.package_id as package', 'h.repository_id as repository'])
    .where('v.org_id', '=', org)
    .where('h.host', '=', host)
    .where('h.host_hook_id', 'is not', null)
    .where('h.removed_at', 'is', null)
    .orderBy('h.id')
    .execute()
}

interface Cleaning {
  host: GitHost
  integration: Integration
  at: Date
}

/** Renews tokens that have ended. Only this code renews them, because no other code finds the row. */
async function renewed(options: GitOptions, { host, integration, at }: Cleaning): Promise<Integration> {
  const { db, sealing } = options
  const { id, tokens } = integration
  if (!tokens || tokens.expiresAt > at) return integration
  const fresh = await host.refresh(openTokens(sealing, id, tokens).refreshToken, at)
  return { ...integration, tokens: await storeTokens(db, sealing, { id, tokens: fresh }) }
}

/** From now on the tags are looked at as often as for a package without a hook. */
async function deleteHook(
  options: GitOptions,
  { host, integration, hook, at }: Cleaning & { hook: Hook },
): Promise<void> {
  const { db, sealing, publicUrl, startSync } = options
  const { id, org, accountId, tokens } = integration
  const wanted = { id: hook.repository }
  if ('integration' in (await reach(options, { org, host: host.host, ...wanted, at }))) return
  const grant: GitGrant = {
    accountId,
    ...(tokens && { accessToken: openTokens(sealing, id, tokens).accessToken }),
  }
  const repository = await host.findRepository(grant, wanted)
  if (!repository) return
  await host.deleteHook(grant, repository, `${publicUrl}/callbacks/git/${hook.id}`)
  await inTransaction(db, async (tx) => {
    await tx.updateTable('package_hooks').set({ host_hook_id: null }).where('id', '=', hook.id).execute()
    await startSync?.(tx, { package: hook.package, at })
  })
}

async function finish(options: GitOptions, { id, host, tokens }: Integration): Promise<void> {
  const { db, sealing } = options
  await endTokens(options, host, tokens ? [openTokens(sealing, id, tokens)] : [])
  await db
    .updateTable('git_integrations')
    .set({ cleanup_at: null, key_id: null, sealed: null, token_expires_at: null })
    .where('id', '=', id)
    .execute()
}
