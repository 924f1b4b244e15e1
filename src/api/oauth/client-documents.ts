import { findClientDocument, saveClientDocument, withdrawClientDocument } from '#domain/connections'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'
import { counterOf } from '#platform/minute-counter'
import { NotFetched, type PublicFetch } from '#platform/public-fetch'
import { faultOfRedirects } from './client-rules.ts'
import { visits } from './visit.ts'

/** How many fetches one network, and all networks together, may cause in a minute. */
const PER_NETWORK = 10
const OF_ALL = 60
const COPY_DAYS = 7
/** The owner says that there is no such document. Any other error may be a fault that passes. */
const GONE = [404, 410]
/** The engine refuses them too: a document is public, so its client cannot have a secret. */
const SECRET_METHODS = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt']

export interface DocumentOptions {
  db: Db
  publicFetch: PublicFetch
  now: () => Date
  log: Logger
}

/**
 * Makes the requests of the engine: for documents that describe a client, and for keys of a client. When a document
 * cannot be fetched, is gone or is no longer valid, the last valid copy is used for up to a week, because SDKs drop their
 * tokens after the error `invalid_client`. A copy of a withdrawn document serves only connections that exist.
 */
export function documentsOn({ db, publicFetch, now, log }: DocumentOptions) {
  const ofNetworks = counterOf(PER_NETWORK)
  const ofAll = counterOf(OF_ALL)

  async function fetched(url: string): Promise<Response> {
    const network = visits.getStore()?.network ?? ''
    if (ofNetworks.count(network, now()) || ofAll.count('', now())) throw new NotFetched('too many fetches')
    return publicFetch(url)
  }

  /** Returns the last valid copy, unless it is too old. */
  async function copyOf(url: string): Promise<Response | undefined> {
    const copy = await findClientDocument(db, url)
    const oldest = now().getTime() - COPY_DAYS * 24 * 3_600_000
    return copy && copy.fetchedAt.getTime() >= oldest ? answerOf(copy.body) : undefined
  }

  return {
    /** Whether the client may go on: to be connected, or only with a connection that it has. */
    async isAllowed(url: string, { isConnected }: { isConnected: boolean }): Promise<boolean> {
      const known = await findClientDocument(db, url)
      return !known?.isBlocked && (isConnected || !known?.isWithdrawn)
    },

    async fetch(input: string | URL | Request): Promise<Response> {
      const url = input instanceof Request ? input.url : String(input)
      try {
        const response = await fetched(url)
        const body = await response.text()
        const redirectUris = response.ok ? redirectsIn(body, url) : undefined
        if (redirectUris) await saveClientDocument(db, { url, body, redirectUris }, now())
        else if (response.ok || GONE.includes(response.status)) await withdrawClientDocument(db, url, now())
        const copy = redirectUris ? undefined : await copyOf(url)
        // without a copy, the engine decides what the answer means: it may also be a set of keys
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

/** Keeps only the header from which the engine computes how long the document is fresh. */
function answerOf(body: string, from?: Response): Response {
  const caching = from?.headers.get('cache-control')
  const headers = { ...(caching && { 'cache-control': caching }) }
  // for the engine every status except 200 is a failure; 502 also allows a body, unlike 304
  return new Response(body, { status: !from || from.ok ? 200 : 502, headers })
}

/** Returns the redirect URIs of a valid document. */
function redirectsIn(body: string, url: string): string[] | undefined {
  try {
    const said = JSON.parse(body) as Record<string, unknown> | null
    if (said?.client_id !== url || faultOfRedirects(said.redirect_uris)) return undefined
    if ('client_secret' in said || SECRET_METHODS.includes(String(said.token_endpoint_auth_method)))
      return undefined
    return said.redirect_uris as string[]
  } catch {
    return undefined
  }
}
