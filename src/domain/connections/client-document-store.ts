import { audit, type AuditEvent } from '#domain/audit'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'

/** What a client says about itself at the URL that is its id (OAuth Client ID Metadata Document). */
export interface ClientDocument {
  url: string
  body: string
  redirectUris: readonly string[]
}

/** Keeps the newest good document, which may have been withdrawn before. A change of its redirect URIs is audited. */
export async function saveClientDocument(db: Db, document: ClientDocument, at: Date): Promise<void> {
  const { url, body, redirectUris } = document
  await inTransaction(db, async (tx) => {
    const known = await tx
      .selectFrom('client_documents')
      .select(['redirect_uris', 'gone_at'])
      .where('url', '=', url)
      .forUpdate()
      .executeTakeFirst()
    const values = { body, redirect_uris: [...redirectUris], fetched_at: at, gone_at: null }
    await tx
      .insertInto('client_documents')
      .values({ url, ...values })
      .onConflict((conflict) => conflict.column('url').doUpdateSet(values))
      .execute()
    if (known?.gone_at) await audit(tx, eventOf(url, 'restore_client_document'))
    if (!known || sameUris(known.redirect_uris, redirectUris)) return
    const detail = { from: known.redirect_uris.join(' '), to: redirectUris.join(' ') }
    await audit(tx, { ...eventOf(url, 'change_client_document'), detail })
  })
}

/**
 * Remembers that the owner of a client took its document away, or replaced it by an invalid one. The last valid copy
 * stays. Does nothing for a URL that never had a valid document.
 */
export async function withdrawClientDocument(db: Db, url: string, at: Date): Promise<void> {
  await inTransaction(db, async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('client_documents')
      .set({ gone_at: at })
      .where('url', '=', url)
      .where('gone_at', 'is', null)
      .executeTakeFirst()
    if (numUpdatedRows > 0n) await audit(tx, eventOf(url, 'withdraw_client_document'))
  })
}

const eventOf = (url: string, action: string): AuditEvent => ({
  chain: 'platform',
  action,
  outcome: 'done',
  client: url,
  object: url,
})

export interface FoundDocument {
  body: string
  fetchedAt: Date
  isBlocked: boolean
  /** Its owner took it away. Only connections that exist may still use the copy. */
  isWithdrawn: boolean
}

export async function findClientDocument(db: Db, url: string): Promise<FoundDocument | undefined> {
  const row = await db
    .selectFrom('client_documents')
    .select(['body', 'fetched_at', 'blocked_at', 'gone_at'])
    .where('url', '=', url)
    .executeTakeFirst()
  return (
    row && {
      body: row.body,
      fetchedAt: row.fetched_at,
      isBlocked: row.blocked_at !== null,
      isWithdrawn: row.gone_at !== null,
    }
  )
}

const sameUris = (before: readonly string[], after: readonly string[]) =>
  before.toSorted().join(' ') === after.toSorted().join(' ')
