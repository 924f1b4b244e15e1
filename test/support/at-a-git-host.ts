import { createHash, randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import type { ConsentedAccount, GitGrant, GitHostFailureKind } from '#kernel/git-host'
import { PUBLIC_URL, type TestGitHost } from './a-git-host.ts'

export const REDIRECT_URI = `${PUBLIC_URL}/callbacks/git-host`
export const AT = new Date()

/** Asks a person for their consent, as `Git.openConsentPage` does. */
export async function consent(
  remote: TestGitHost,
  as: string,
  { wantsHooks = true, answer = 'allow' as const } = {},
) {
  const [state, verifier] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')]
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const url = remote.host.authorizeUrl({ state, challenge, redirectUri: REDIRECT_URI, wantsHooks })
  const back = await remote.answers(url, as, answer)
  const exchanged = { code: back.searchParams.get('code') ?? '', verifier, redirectUri: REDIRECT_URI }
  return { back, state, code: { ...exchanged, at: AT } }
}

export async function connected(remote: TestGitHost, as = 'vera', { wantsHooks = true } = {}) {
  if (remote.host.kind === 'github')
    await remote.sim('POST install', { account: as, paths: [`${as}/module-one`, `${as}/open`] })
  const { code } = await consent(remote, as, { wantsHooks })
  const [account] = await remote.host.exchange(code)
  if (!account) throw new Error('nothing was connected')
  return { account, grant: grantOf(account) }
}

export const grantOf = ({ accountId, tokens }: ConsentedAccount): GitGrant => ({
  accountId,
  accessToken: tokens?.accessToken,
})

export const failing = (kind: GitHostFailureKind) => expect.objectContaining({ name: 'GitHostFailure', kind })
