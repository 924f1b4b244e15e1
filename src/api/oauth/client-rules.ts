import type { AllClientMetadata } from 'oidc-provider'
import { SPENDING_DETAIL_TYPE } from '#domain/spending'

const MOST_REDIRECTS = 10
/** URL schemes of desktop programs that receive the code themselves. */
const PROGRAMS = ['cursor:', 'vscode:', 'vscode-insiders:']
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']
const GRANT_TYPES = ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code']

/**
 * Returns why a redirect URI is refused, or undefined when it is allowed. It may use https, http on this machine, or
 * the scheme of a known program. It must not contain a fragment or a user name.
 */
export function faultOfRedirect(uri: unknown): string | undefined {
  const url = typeof uri === 'string' ? URL.parse(uri) : null
  if (!url || typeof uri !== 'string') return 'redirect_uris must only contain absolute URIs'
  if (uri.includes('#')) return 'redirect_uris must not contain fragments'
  if (url.username || url.password || authorityOf(uri).includes('@'))
    return 'redirect_uris must not contain a user name'
  if (url.protocol === 'https:') return undefined
  if (url.protocol === 'http:' && LOOPBACK.includes(url.hostname)) return undefined
  if (PROGRAMS.includes(url.protocol)) return undefined
  return 'redirect_uris must use https, http on a loopback address, or the scheme of a known program'
}

/** Returns why the redirect URIs of a client are refused. */
export function faultOfRedirects(uris: unknown): string | undefined {
  if (!Array.isArray(uris)) return 'redirect_uris must be an array'
  if (uris.length > MOST_REDIRECTS) return `redirect_uris must contain at most ${MOST_REDIRECTS} URIs`
  return uris.map(faultOfRedirect).find(Boolean)
}

/**
 * Changes the metadata of a client to what we need. As a `native` client it needs consent each time. It may ask for
 * spending rules, and for any scope later, so its `scope` is removed: SDKs put only the scopes of the first challenge there.
 */
export function adjustClient(metadata: AllClientMetadata): void {
  metadata.application_type = 'native'
  metadata.authorization_details_types = [SPENDING_DETAIL_TYPE]
  delete metadata.scope
  delete metadata.sector_identifier_uri
  delete metadata.logo_uri
  if (Array.isArray(metadata.grant_types))
    metadata.grant_types = metadata.grant_types.filter((type) => GRANT_TYPES.includes(type))
}

/** Where a code is sent, as text for a person: the host, or the scheme of a program. */
export function redirectHostOf(uri: string): { host: string; isThisDevice: boolean } {
  const { protocol, host, hostname } = new URL(uri)
  const isThisDevice = protocol !== 'https:'
  return {
    host: protocol === 'https:' || protocol === 'http:' ? (isThisDevice ? hostname : host) : protocol,
    isThisDevice,
  }
}

const authorityOf = (uri: string) => uri.replace(/^[a-z][a-z0-9+.-]*:\/*/i, '').split(/[/?#\\]/)[0] ?? ''
