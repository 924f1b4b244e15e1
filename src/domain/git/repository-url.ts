import type { GitHost } from '#kernel/git-host'
import { GitHostUnknown, GitUrlInvalid } from './errors.ts'

export interface RepositoryAddress {
  /** As in a URL, with the port unless it is the default one. */
  host: string
  /** Such as `acme/module-search`, without `.git`. */
  path: string
  /** The page of the repository, by the scheme of the configured host: `https://git.example/acme/module-search`. */
  url: string
}

type ConfiguredHost = Pick<GitHost, 'host' | 'origin'>
/** The path as a person wrote it. */
type Written = Pick<RepositoryAddress, 'host' | 'path'>

/** `git@host:path`, as Git hosts show it. */
const SCP = /^git@([\w.-]+):(?!\/)([^\s]+)$/
const PATH = /^[\w.-]+(\/[\w.-]+){1,20}$/
const MAX_LENGTH = 500

/**
 * Reads the address of a repository from a URL of a person. Refuses `git_url_invalid`, also for a URL with a user or a
 * password, and `git_host_unknown` for a host that is not configured.
 */
export function readRepositoryUrl(text: string, hosts: readonly ConfiguredHost[]): RepositoryAddress {
  const trimmed = text.trim()
  if (trimmed.length > MAX_LENGTH) throw new GitUrlInvalid()
  const { host, path } = ofScp(trimmed) ?? ofUrl(trimmed)
  const clean = path.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '')
  const isPath = PATH.test(clean) && clean.split('/').every((part) => !/^(\.{1,2}|-.*)$/.test(part))
  if (!isPath) throw new GitUrlInvalid()
  const known = hosts.find((each) => each.host === host)
  if (!known) throw new GitHostUnknown(hosts.map((each) => each.host))
  return { host, path: clean, url: `${known.origin}/${clean}` }
}

function ofScp(text: string): Written | undefined {
  const [, host, path] = SCP.exec(text) ?? []
  return host && path ? { host: host.toLowerCase(), path } : undefined
}

function ofUrl(text: string): Written {
  const url = URL.parse(text)
  if (!url || url.search || url.hash || url.password) throw new GitUrlInvalid()
  if (url.protocol === 'ssh:') {
    if (url.username !== 'git' && url.username !== '') throw new GitUrlInvalid()
    return { host: url.hostname.toLowerCase(), path: url.pathname }
  }
  // http only leads to a host of this machine: no other may be configured with it
  if (!/^https?:$/.test(url.protocol) || url.username) throw new GitUrlInvalid()
  return { host: url.host, path: url.pathname }
}
