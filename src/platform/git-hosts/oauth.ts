import { z } from 'zod'
import { type AuthorizeRequest, GitHostFailure, type GitTokens } from '#kernel/git-host'
import { callHost, shaped } from './calls.ts'
import type { GitHostSettings } from './settings.ts'

const refusal = z.object({ error: z.string(), error_description: z.string().optional() })
const answer = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).optional(),
  expires_in: z.number().positive().optional(),
  scope: z.string().optional(),
})
export type TokenAnswer = z.output<typeof answer>

/** Codes that say that the host does not know us, or not our redirect URI. */
const OUR_FAULT = [
  'invalid_client',
  'incorrect_client_credentials',
  'redirect_uri_mismatch',
  'invalid_redirect_uri',
  'unsupported_grant_type',
]

/** The URL of an authorization endpoint (RFC 6749 §4.1.1, RFC 7636 §4.3). */
export function authorizeUrlAt(
  endpoint: string,
  { client_id }: Pick<GitHostSettings, 'client_id'>,
  { state, challenge, redirectUri }: Omit<AuthorizeRequest, 'wantsHooks'>,
  scope?: string,
): string {
  const url = new URL(endpoint)
  url.search = new URLSearchParams({
    client_id,
    redirect_uri: redirectUri,
    response_type: 'code',
    state,
    ...(scope && { scope }),
    code_challenge: challenge,
    code_challenge_method: 'S256',
  }).toString()
  return url.href
}

/**
 * Asks a token endpoint. `refused` is the failure when the code or the refresh token is not accepted. GitHub answers
 * such a refusal with 200.
 */
export async function askForTokens(
  endpoint: string,
  { client_id, client_secret }: Pick<GitHostSettings, 'client_id' | 'client_secret'>,
  grant: Record<string, string>,
  refused: 'denied' | 'unauthorized',
): Promise<TokenAnswer> {
  const form = { client_id, client_secret, ...grant }
  const got = await callHost(endpoint, { method: 'POST', form, expected: [400, 401, 403] })
  const said = refusal.safeParse(got.body)
  if (!said.success && got.status >= 400)
    throw new GitHostFailure('away', `The Git host answered ${got.status}.`)
  if (!said.success) return shaped(answer, got)
  // Gitea has one code for a wrong client secret and for a token that was used before
  const isOurs =
    OUR_FAULT.includes(said.data.error) || /client secret/i.test(said.data.error_description ?? '')
  if (isOurs) throw new GitHostFailure('misconfigured', 'The Git host does not know our application.')
  throw new GitHostFailure(refused, 'The Git host did not accept what we have of a consent.')
}

/** Tokens that can be renewed. Without a refresh token, an integration would end after an hour. */
export function renewable({ access_token, refresh_token, expires_in }: TokenAnswer, at: Date): GitTokens {
  if (!refresh_token || !expires_in)
    throw new GitHostFailure('misconfigured', 'The Git host gives no refresh token to our application.')
  const expiresAt = new Date(at.getTime() + expires_in * 1000)
  return { accessToken: access_token, refreshToken: refresh_token, expiresAt }
}

export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
