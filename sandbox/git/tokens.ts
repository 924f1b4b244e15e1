import { createHash, verify } from 'node:crypto'
import {
  type Host,
  type HostGrant,
  type HostRepositoryState,
  type InstallationToken,
  ownerOf,
  randomToken,
} from './state.ts'

/** The password of every user of the host, for `git push` as a person. */
export const GIT_PASSWORD = 'sandbox-password'
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** As each host has it. */
const LIFETIMES_MS = { github: 8 * HOUR_MS, gitlab: 2 * HOUR_MS, gitea: HOUR_MS }
const PREFIXES = { github: ['ghu_', 'ghr_'], gitlab: ['gloas-', 'glrt-'], gitea: ['gta_', 'gtr_'] } as const

/** The grant of a token that has not ended. After the first use of a renewed token, the earlier refresh token ends. */
export function grantOf(host: Host, token: string | undefined): HostGrant | undefined {
  const grant = host.state.grants.find(({ accessToken }) => accessToken === token)
  if (!grant || grant.expiresAt <= host.now()) return undefined
  delete grant.earlierRefreshToken
  return grant
}

export function installationTokenOf(host: Host, token: string | undefined): InstallationToken | undefined {
  const found = host.state.installationTokens.find((each) => each.token === token)
  const isLive = found && found.expiresAt > host.now()
  return isLive && host.state.installations.some(({ id }) => id === found.installation) ? found : undefined
}

export const bearerIn = (authorization: string | undefined): string | undefined =>
  /^(?:Bearer|token) (\S+)$/i.exec(authorization ?? '')?.[1]

export function basicIn(authorization: string | undefined): { user: string; password: string } | undefined {
  const encoded = /^Basic (\S+)$/i.exec(authorization ?? '')?.[1]
  const decoded = encoded && Buffer.from(encoded, 'base64').toString('utf8')
  if (!decoded) return undefined
  const at = decoded.indexOf(':')
  return { user: decoded.slice(0, at), password: decoded.slice(at + 1) }
}

/** Who uses Git, and whether they may push. */
export interface GitVisitor {
  login: string
  mayPush: boolean
}

/**
 * A person with the password, or an application with a token as password. A token of an installation acts as the owner,
 * but only for its repositories. Undefined: nobody.
 */
export function gitVisitor(
  host: Host,
  authorization: string | undefined,
  repository: HostRepositoryState | undefined,
): GitVisitor | undefined {
  const given = basicIn(authorization)
  if (!given) return undefined
  const isPerson = host.state.users.some(({ login }) => login === given.user)
  if (isPerson && given.password === GIT_PASSWORD) return { login: given.user, mayPush: true }
  const made = installationTokenOf(host, given.password)
  if (made) {
    const installed = host.state.installations.find(({ id }) => id === made.installation)
    const allowed = made.repositories ?? installed?.repositories ?? []
    const mayRead = repository && allowed.includes(repository.id) && made.permissions.contents === 'read'
    return mayRead ? { login: ownerOf(repository), mayPush: false } : undefined
  }
  const grant = grantOf(host, given.password)
  if (!grant || !/repository/.test(grant.scope)) return undefined
  return { login: grant.user, mayPush: /\bapi\b|write:repository/.test(grant.scope) }
}

export function newGrant(host: Host, { user, scope }: { user: string; scope: string }): HostGrant {
  const grant: HostGrant = { id: host.nextId(), user, scope, ...newTokens(host) }
  host.state.grants.push(grant)
  host.save()
  return grant
}

export function renewGrant(host: Host, refreshToken: string): HostGrant | undefined {
  const grant = host.state.grants.find(
    (each) => each.refreshToken === refreshToken || each.earlierRefreshToken === refreshToken,
  )
  if (!grant) return undefined
  // only GitLab keeps the one before: https://github.com/doorkeeper-gem/doorkeeper (previous_refresh_token)
  const earlier = host.kind === 'gitlab' ? { earlierRefreshToken: refreshToken } : {}
  Object.assign(grant, newTokens(host), earlier)
  host.save()
  return grant
}

function newTokens(host: Host): Pick<HostGrant, 'accessToken' | 'refreshToken' | 'expiresAt'> {
  const [access, refresh] = PREFIXES[host.kind]
  return {
    accessToken: randomToken(access),
    refreshToken: randomToken(refresh),
    expiresAt: host.now() + LIFETIMES_MS[host.kind],
  }
}

export const lifetimeOf = ({ kind }: Host): number => LIFETIMES_MS[kind] / 1000

/** Whether a code was asked for with the challenge of this verifier (RFC 7636 §4.6). */
export const isVerifierOf = (challenge: string, verifier: string): boolean =>
  createHash('sha256').update(verifier).digest('base64url') === challenge

/** Checks the JWT of a GitHub App: RS256, our client id, not expired, at most ten minutes long. */
export function isAppJwt(host: Host, authorization: string | undefined): boolean {
  const [head, body, signature] = (bearerIn(authorization) ?? '').split('.')
  if (!head || !body || !signature || !host.app.publicKey) return false
  const signed = Buffer.from(`${head}.${body}`)
  if (!verify('RSA-SHA256', signed, host.app.publicKey, Buffer.from(signature, 'base64url'))) return false
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Record<
    string,
    number | string
  >
  const [from, until, now] = [Number(claims.iat), Number(claims.exp), Date.now() / 1000]
  return claims.iss === host.app.clientId && until > now && from <= now && until - from <= 10 * 60
}

export function newInstallationToken(
  host: Host,
  wanted: Pick<InstallationToken, 'installation' | 'repositories' | 'permissions'>,
): InstallationToken {
  const made = { ...wanted, token: randomToken('ghs_'), expiresAt: host.now() + HOUR_MS }
  const live = host.state.installationTokens.filter(({ expiresAt }) => expiresAt > host.now())
  host.state.installationTokens = [...live, made]
  host.save()
  return made
}
