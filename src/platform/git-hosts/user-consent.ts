import { z } from 'zod'
import type { GitHost, GitTokens } from '#kernel/git-host'
import { callHost, shaped } from './calls.ts'
import { askForTokens, renewable, type TokenAnswer } from './oauth.ts'
import type { GitHostSettings } from './settings.ts'

interface UserConsent {
  settings: GitHostSettings
  tokenEndpoint: string
  /** Where the API describes the user of a token. */
  userUrl: string
  mayHook: (got: TokenAnswer) => Promise<boolean>
  revoke: (tokens: GitTokens) => Promise<void>
}

const user = z
  .object({ id: z.number().int().positive(), username: z.string().optional(), login: z.string().optional() })
  .transform(({ id, username, login }) => ({ accountId: String(id), accountName: username ?? login ?? '' }))

/** The consent of a user whose tokens we keep and renew: GitLab and Gitea. */
export function userConsent({
  settings,
  tokenEndpoint,
  userUrl,
  mayHook,
  revoke,
}: UserConsent): Pick<GitHost, 'exchange' | 'refresh' | 'revoke'> {
  return {
    async exchange({ code, verifier, redirectUri, at }) {
      const grant = {
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        code_verifier: verifier,
      }
      const got = await askForTokens(tokenEndpoint, settings, grant, 'denied')
      const tokens = renewable(got, at)
      try {
        const authorization = `Bearer ${got.access_token}`
        const account = shaped(user, await callHost(userUrl, { authorization }))
        return [{ ...account, mayHook: await mayHook(got), tokens }]
      } catch (error) {
        // nobody would use these tokens
        await revoke(tokens).catch(() => undefined)
        throw error
      }
    },
    async refresh(refreshToken, at) {
      const grant = { grant_type: 'refresh_token', refresh_token: refreshToken }
      return renewable(await askForTokens(tokenEndpoint, settings, grant, 'unauthorized'), at)
    },
    revoke,
  }
}
