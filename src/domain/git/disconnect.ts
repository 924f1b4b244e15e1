import { type Actor, audit, by as actor } from '#domain/audit'
import { inTransaction } from '../../platform/transactions.ts'
import { endTokens } from './consent.ts'
import { GitIntegrationNotFound } from './errors.ts'
import type { IntegrationWanted } from './git.ts'
import { findIntegration, lockIntegration, openTokens } from './integration-store.ts'
import type { GitOptions } from './options.ts'

/** As `Git.disconnect`. Once it is committed, no process uses the tokens; then they are ended at the host. */
export async function disconnect(
  options: GitOptions,
  { org, id, by, at }: IntegrationWanted & { by: Actor },
): Promise<void> {
  const { db, sealing } = options
  const ended = await inTransaction(db, async (tx) => {
    const found = await findIntegration(tx, { org, id })
    const integration = await lockIntegration(tx, found.id)
    if (!integration) throw new GitIntegrationNotFound()
    const { tokens, host } = integration
    await tx
      .updateTable('git_integrations')
      .set({
        disconnected_at: at,
        disconnected_by: by.customer,
        key_id: null,
        sealed: null,
        token_expires_at: null,
      })
      .where('id', '=', integration.id)
      .execute()
    const event = { action: 'disconnect_git_host', outcome: 'done', ...actor(by), org } as const
    await audit(tx, { chain: `org:${org}`, ...event, object: integration.id, detail: { host } })
    return { host, tokens: tokens ? [openTokens(sealing, integration.id, tokens)] : [] }
  })
  await endTokens(options, ended.host, ended.tokens)
}
