import dns from 'node:dns/promises'
import { isIP } from 'node:net'
import { isSpecialAddress } from '../public-fetch.ts'
import { GitHostUnavailable, GitUrlRefused } from './errors.ts'
import type { CloneHost, RemoteRepository } from './types.ts'

const LONGEST_URL = 500

/** For tests: the addresses of a host. */
export type Resolve = (host: string) => Promise<readonly { address: string }[]>

/** A repository that may be contacted: its URL was checked and its addresses are fixed. */
export interface CheckedRemote {
  url: string
  /** `https` or, for the sandbox's host only, `http`. Git speaks no other protocol then. */
  protocol: 'https' | 'http'
  /** For Git's `http.curloptResolve`. Undefined when the host is an address. */
  pin: string | undefined
  /** The environment that passes the credential. */
  credential: Record<string, string>
}

/**
 * Accepts the URL of a repository at a configured host, and looks up the host once. Refuses `git_url_refused`, and with
 * `git_host_unavailable` a host that cannot be found.
 */
export async function checkRemote(
  { cloneUrl, authorization }: RemoteRepository,
  hosts: readonly CloneHost[],
  resolve: Resolve = (host) => dns.lookup(host, { all: true }),
): Promise<CheckedRemote> {
  const { url, host } = checkUrl(cloneUrl, hosts)
  const pin = await pinOf(url, host, resolve)
  const protocol = url.protocol === 'http:' ? 'http' : 'https'
  return { url: url.href, protocol, pin, credential: credentialOf(url, authorization) }
}

function checkUrl(text: string, hosts: readonly CloneHost[]): { url: URL; host: CloneHost } {
  if (text.length > LONGEST_URL) throw new GitUrlRefused(`has more than ${LONGEST_URL} characters`)
  const url = URL.parse(text)
  if (!url) throw new GitUrlRefused('is not a URL')
  const host = hosts.find(({ name }) => name === url.host)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && host?.allowHttp))
    throw new GitUrlRefused('does not begin with https://')
  if (url.username || url.password) throw new GitUrlRefused('contains a user name or a password')
  if (!host) throw new GitUrlRefused('is not at a Git host of this market')
  // the parser repairs much, such as dots, backslashes and line ends: what Git gets has to be what we read
  if (url.href !== text || url.search || url.hash || !/^(\/[\w.~+-]+)+\/?$/.test(url.pathname))
    throw new GitUrlRefused('is not that of a repository')
  return { url, host }
}

async function pinOf(url: URL, host: CloneHost, resolve: Resolve): Promise<string | undefined> {
  const literal = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const isAddress = isIP(literal) !== 0
  const addresses = isAddress ? [literal] : await addressesOf(url.hostname, resolve)
  if (!host.allowPrivateAddress && addresses.some(isSpecialAddress))
    throw new GitUrlRefused('is at a host without a public address')
  if (isAddress) return undefined
  const port = url.port || (url.protocol === 'http:' ? '80' : '443')
  const listed = addresses.map((address) => (isIP(address) === 6 ? `[${address}]` : address))
  return `${url.hostname}:${port}:${listed.join(',')}`
}

async function addressesOf(host: string, resolve: Resolve): Promise<string[]> {
  try {
    const addresses = (await resolve(host)).map(({ address }) => address)
    if (addresses.length) return addresses
  } catch {
    // an unknown name and a failing name server look alike
  }
  throw new GitHostUnavailable('The Git host cannot be found.')
}

/** By the environment, so that the credential is neither in the arguments of a process nor on the disk. */
function credentialOf({ origin }: URL, authorization: string | undefined): Record<string, string> {
  if (authorization === undefined) return {}
  if (!/^[\x21-\x7e]+( [\x21-\x7e]+)*$/.test(authorization)) throw new TypeError('not the value of a header')
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${origin}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: ${authorization}`,
  }
}
