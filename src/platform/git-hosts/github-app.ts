import { createPrivateKey, sign } from 'node:crypto'
import { z } from 'zod'
import { GitHostFailure } from '#kernel/git-host'
import { callHost, shaped } from './calls.ts'
import type { GitHostSettings } from './settings.ts'

/** Less than the ten minutes that GitHub allows, with room for a clock that is wrong. */
const JWT_SECONDS = 8 * 60
const CLOCK_SKEW_SECONDS = 60

const madeToken = z.object({ token: z.string().min(1) })

export interface TokenWanted {
  installation: string
  permissions: Record<string, 'read' | 'write'>
  /** The only repository that the token opens. */
  repository?: string
}

/**
 * Makes tokens of an installation: https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app.
 * A token lives an hour and is never stored.
 */
export function appTokens(settings: GitHostSettings, api: string) {
  const key = createPrivateKey(settings.private_key ?? '')
  return async function tokenOf({ installation, permissions, repository }: TokenWanted): Promise<string> {
    const got = await callHost(`${api}/app/installations/${installation}/access_tokens`, {
      method: 'POST',
      authorization: `Bearer ${appJwt(settings.client_id, key)}`,
      json: { permissions, ...(repository && { repository_ids: [Number(repository)] }) },
      expected: [401, 403, 404, 422],
    })
    if (got.status === 401)
      throw new GitHostFailure('misconfigured', 'GitHub does not accept the key of our App.')
    // 403: suspended; 404: the App was uninstalled
    if (got.status === 403 || got.status === 404)
      throw new GitHostFailure('unauthorized', 'The installation of our App has ended.')
    if (got.status === 422)
      throw new GitHostFailure('forbidden', 'The installation does not include this repository or right.')
    return shaped(madeToken, got).token
  }
}

function appJwt(issuer: string, key: ReturnType<typeof createPrivateKey>): string {
  const seconds = Math.floor(Date.now() / 1000)
  const claims = { iat: seconds - CLOCK_SKEW_SECONDS, exp: seconds + JWT_SECONDS, iss: issuer }
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const signed = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`
}
