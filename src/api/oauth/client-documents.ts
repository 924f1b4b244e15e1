import { findClientDocument, saveClientDocument } from '#domain/connections'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'
import { counterOf } from '#platform/minute-counter'
import { NotFetched, type PublicFetch } from '#platform/public-fetch'
import { faultOfRedirects } from './client-rules.ts'
import { visits } from './visit.ts'

/** Fetches per minute of one network, and of all. */
const PER_NETWORK = 10
const OF_ALL = 60
const COPY_DAYS = 7

export interface DocumentOptions {
  db: Db
  publicFetch: PublicFetch
  now: () => Date
  log: Logger
}

/**
 * Fetches what the engine wants to fetch: documents that describe a client, and keys of a client. When a document cannot
 * be fetched, or is no longer good, the last good copy serves for a week: at `invalid_client`, SDKs drop their tokens.
 */
export function documentsOn({ db, publicFetch, now, log }: DocumentOptions) {
  const ofNetworks = counterOf(PER_NETWORK)
  const ofAll = counterOf(OF_ALL)

  async function fetched(url: string): Promise<Response> {
    const network = visits.getStore()?.network ?? ''
    if (ofNetworks.count(network, now()) || ofAll.count('', now())) throw new NotFetched('too many fetches')
    return publicFetch(url)
  }

  /** Returns the last good copy that is young enough. */
  async function copyOf(url: string): Promise<Response | undefined> {
    const copy = await findClientDocument(db, url)
    const oldest = now().getTime() - COPY_DAYS * 24 * 3_600_000
    return copy && copy.fetchedAt.getTime() >= oldest ? answerOf(copy.body) : undefined
  }

  return {
    isBlocked: async (url: string) => (await findClientDocument(db, url))?.isBlocked ?? false,

    async fetch(input: string | URL | Request): Promise<Response> {
      const url = input instanceof Request ? input.url : String(input)
      try {
        const response = await fetched(url)
        const body = await response.text()
        const redirectUris = response.ok ? redirectsIn(body, url) : undefined
        if (redirectUris) await saveClientDocument(db, { url, body, redirectUris }, now())
        const copy = redirectUris ? undefined : await copyOf(url)
        // without a copy, the engine decides: it may also be a set of keys
        return copy ?? answerOf(body, response)
      } catch (error) {
        if (!(error instanceof NotFetched)) throw error
        log.info({ url: url.slice(0, 300), why: error.message }, 'the document of a client was not fetched')
        const copy = await copyOf(url)
        if (!copy) throw error
        return copy
      }
    },
  }
}

/** Only what tells the engine for how long the document is fresh. */
function answerOf(body: string, from?: Response): Response {
  const caching = from?.headers.get('cache-control')
  const headers = { ...(caching && { 'cache-control': caching }) }
  // the engine reads a status other than 200 as a failure, also one that may have no body
  return new Response(body, { status: !from || from.ok ? 200 : 502, headers })
}

/** Returns the redirect URIs of a document that is good. */
function redirectsIn(body: string, url: string): string[] | undefined {
  try {
    const said = JSON.parse(body) as { client_id?: unknown; redirect_uris?: unknown } | null
    if (said?.client_id !== url || faultOfRedirects(said.redirect_uris)) return undefined
    return said.redirect_uris as string[]
  } catch {
    return undefined
  }
}
