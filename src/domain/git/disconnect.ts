import { type Actor, audit, by as actor } from '#domain/audit'
import { lockForMember } from '#domain/orgs'
import { inTransaction } from '../../platform/transactions.ts'
import { cleanUp } from './clean-up.ts'
import { GitIntegrationNotFound } from './errors.ts'
import type { IntegrationWanted } from './git.ts'
import { findIntegration, lockIntegration } from './integration-store.ts'
import type { GitOptions } from './options.ts'

/** Enough time for one attempt to clean up. After that, `cleanUpDue` tries again. */
const CLEANUP_MS = 5 * 60_000
/** A request does not wait longer than about this. */
const ATTEMPT_MS = 10_000

/**
 * As `Git.disconnect`. Once it is committed, the tokens serve only to delete our hooks at the host; then they are ended.
 * When that fails, `cleanUpDue` repeats it.
 */
export async function disconnect(
  options: GitOptions,
  { org, id, by, at }: IntegrationWanted & { by: Actor },
): Promise<void> {
  const { db, log } = options
  const integration = await inTransaction(db, async (tx) => {
    await lockForMember(tx, { caller: by, org: { id: org } }, 'manage_git')
    const found = await findIntegration(tx, { org, id })
    const locked = await lockIntegration(tx, found.id)
    if (!locked) throw new GitIntegrationNotFound()
    await tx
      .updateTable('git_integrations')
      .set({
        disconnected_at: at,
        disconnected_by: by.customer,
        cleanup_at: new Date(at.getTime() + CLEANUP_MS),
      })
      .where('id', '=', locked.id)
      .execute()
    const event = { action: 'disconnect_git_host', outcome: 'done', ...actor(by), org } as const
    await audit(tx, { chain: `org:${org}`, ...event, object: locked.id, detail: { host: locked.host } })
    return locked
  })
  await cleanUp(options, integration, { at, mostMs: ATTEMPT_MS }).catch((error: unknown) =>
    log.warn({ error, integration: integration.id }, 'hooks could not be deleted at a Git host yet'),
  )
}
