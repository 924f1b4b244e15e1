import { saveClientDocument } from '#domain/connections'
import { openDatabase } from '#platform/database'

/** The documents by which clients introduce themselves. */
const DOCUMENTS = {
  'https://claude.ai/oauth/claude-code-client-metadata': 'Claude Code',
  'https://chatgpt.com/oauth/codex/client.json': 'Codex',
}

/** Gives a sandbox without the internet its copies of these documents, as if it had fetched them before. */
export async function keepDocuments(databaseUrl: string): Promise<void> {
  const { db, close } = openDatabase(databaseUrl, { max: 1 })
  try {
    for (const [url, name] of Object.entries(DOCUMENTS)) {
      const redirectUris = ['http://localhost/callback', 'http://127.0.0.1/callback']
      const body = JSON.stringify({
        client_id: url,
        client_name: name,
        redirect_uris: redirectUris,
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
      })
      await saveClientDocument(db, { url, body, redirectUris }, new Date())
    }
  } finally {
    await close()
  }
}
