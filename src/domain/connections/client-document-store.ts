import { audit } from '#domain/audit'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'

/** What a client says about itself at the URL that is its id (OAuth Client ID Metadata Document). */
export interface ClientDocument {
  url: string
  body: string
  redirectUris: readonly string[]
}

/** Keeps the newest good document. A change of its redirect URIs is audited. */
export async function saveClientDocument(db: Db, document: ClientDocument, at: Date): Promise<void> {
  const { url, body, redirectUris } = document
  await inTransaction(db, async (tx) => {
    const known = await tx
      .selectFrom('client_documents')
      .select('redirect_uris')
      .where('url', '=', url)
      .forUpdate()
      .executeTakeFirst()
    const values = { body, redirect_uris: [...redirectUris], fetched_at: at }
    await tx
      .insertInto('client_documents')
      .values({ url, ...values })
      .onConflict((conflict) => conflict.column('url').doUpdateSet(values))
      .execute()
    if (!known || sameUris(known.redirect_uris, redirectUris)) return
    await audit(tx, {
      chain: 'platform',
      action: 'change_client_document',
      outcome: 'done',
      client: url,
      object: url,
      detail: { from: known.redirect_uris.join(' '), to: redirectUris.join(' ') },
    })
  })
}

export async function findClientDocument(
  db: Db,
  url: string,
): Promise<{ body: string; fetchedAt: Date; isBlocked: boolean } | undefined> {
  const row = await db
    .selectFrom('client_documents')
    .select(['body', 'fetched_at', 'blocked_at'])
    .where('url', '=', url)
    .executeTakeFirst()
  return row && { body: row.body, fetchedAt: row.fetched_at, isBlocked: row.blocked_at !== null }
}

const sameUris = (before: readonly string[], after: readonly string[]) =>
  before.toSorted().join(' ') === after.toSorted().join(' ')
