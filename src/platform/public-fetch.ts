import dns from 'node:dns/promises'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'

const PATIENCE_MS = 2_500
const MAX_BODY_BYTES = 5 * 1024

/** Fetches one URL of the public internet with GET. Throws `NotFetched` for everything else. */
export type PublicFetch = (url: string) => Promise<Response>

/** The message is our own text, never a text of the other server. */
export class NotFetched extends Error {}

interface Options {
  /** For tests: the addresses of a host. */
  resolve?: (host: string) => Promise<{ address: string; family: number }[]>
  /** For tests: which addresses are refused. */
  isRefused?: (address: string) => boolean
  /** For tests: the certificate to trust, and the port instead of 443. */
  ca?: string
  port?: number
  patienceMs?: number
}

/**
 * Fetches a URL that a stranger names, but cannot be used to reach our own machines (SSRF). It accepts only https to a
 * host name whose addresses are all public, and connects only to the addresses that it checked. It follows no redirect,
 * waits at most 2.5 s, and reads at most 5 KB.
 */
export function publicFetchWith(options: Options = {}): PublicFetch {
  const { ca, port, patienceMs = PATIENCE_MS } = options
  return async (text) => {
    const url = URL.parse(text)
    if (url?.protocol !== 'https:') throw new NotFetched('only https is fetched')
    if (url.username || url.password) throw new NotFetched('the URL contains a user name')
    // an IP address needs no look-up, so the check of looked-up addresses would not see it
    if (isIP(url.hostname) || url.hostname.startsWith('[')) throw new NotFetched('the host is an address')
    const signal = AbortSignal.timeout(patienceMs)
    const lookup = lookupOf(await untilAborted(publicAddresses(url.hostname, options), signal))
    const request = { signal, lookup, ...(ca && { ca }), ...(port && { port }) }
    return untilAborted(answerTo(url, request), signal)
  }
}

export const publicFetch: PublicFetch = publicFetchWith()

async function answerTo(url: URL, options: https.RequestOptions): Promise<Response> {
  const request = https.get(url, { ...options, agent: false, headers: { accept: 'application/json' } })
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  const { statusCode: status = 502 } = answer
  try {
    if (status < 200 || (status >= 300 && status < 400)) throw new NotFetched('the host redirects')
    const body = await bodyOf(answer)
    const caching = answer.headers['cache-control']
    const hasNoBody = status === 204 || status === 205
    return new Response(hasNoBody ? null : new Uint8Array(body), {
      status,
      headers: { ...(caching && { 'cache-control': caching }) },
    })
  } finally {
    request.destroy()
  }
}

async function bodyOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_BODY_BYTES) throw new NotFetched('the answer is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Waits no longer than the signal allows. Every failure becomes a `NotFetched`. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const over = once(signal, 'abort').then(() => Promise.reject(new NotFetched('the host was too slow')))
  try {
    return await Promise.race([work, over])
  } catch (cause) {
    throw cause instanceof NotFetched ? cause : new NotFetched('the host did not answer', { cause })
  }
}

interface Address {
  address: string
  family: number
}

async function publicAddresses(
  host: string,
  { resolve = resolved, isRefused = isSpecialAddress }: Options,
): Promise<Address[]> {
  const addresses = await resolve(host)
  if (!addresses.length || addresses.some(({ address }) => isRefused(address)))
    throw new NotFetched('the host has no public address')
  return addresses
}

/** The connection uses the addresses that were checked, so a different second answer of DNS changes nothing. */
const lookupOf =
  (addresses: Address[]): LookupFunction =>
  (_, { all }, done) => {
    const [first] = addresses
    if (all) done(null, addresses)
    else done(null, first?.address ?? '', first?.family)
  }

const resolved = (host: string) => dns.lookup(host, { all: true })

// https://www.iana.org/assignments/iana-ipv4-special-registry and …ipv6-special-registry; then multicast, reserved
// ranges, 6to4 and the deprecated addresses that contain one of IPv4
const SPECIAL_IPV4 =
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4'
const SPECIAL_IPV6 =
  '::/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8'

const special = new BlockList()
for (const [list, family] of [
  [SPECIAL_IPV4, 'ipv4'],
  [SPECIAL_IPV6, 'ipv6'],
] as const)
  for (const range of list.split(' ')) {
    const [network = '', bits] = range.split('/')
    special.addSubnet(network, Number(bits), family)
  }

/** Whether an address is not one of the public internet. An IPv4 address that is mapped into IPv6 counts as IPv4. */
export function isSpecialAddress(address: string): boolean {
  const family = isIP(address)
  return family === 0 || special.check(address, family === 4 ? 'ipv4' : 'ipv6')
}
