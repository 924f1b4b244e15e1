import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { GitRepository } from '#kernel/git-host'
import { openGitHosts } from '#platform/git-hosts/index'
import { gitHostsSetting } from '#platform/git-hosts/settings'
import { aGitHost, type TestGitHost } from '../../support/a-git-host.ts'
import { AT, connected, consent, failing, grantOf } from '../../support/at-a-git-host.ts'

describe.each(['gitlab', 'gitea'] as const)('tokens that are renewed at %s', (kind) => {
  let remote: TestGitHost
  beforeAll(async () => {
    remote = await aGitHost(kind)
  })
  afterAll(() => remote.stop())

  test(`${kind}: a refresh token works once, and its renewal ends the earlier access token`, async () => {
    const { account } = await connected(remote)
    const before = account.tokens?.refreshToken ?? ''

    const renewed = await remote.host.refresh(before, AT)
    expect(renewed.expiresAt.getTime()).toBeGreaterThan(AT.getTime() + 30 * 60_000)
    const now = { accountId: account.accountId, accessToken: renewed.accessToken }
    expect(await remote.host.findRepository(now, { path: 'vera/module-one' })).toBeDefined()

    await expect(remote.host.refresh(before, AT)).rejects.toEqual(failing('unauthorized'))
    await expect(remote.host.listRepositories(grantOf(account), 1)).rejects.toEqual(failing('unauthorized'))
  })

  test(`${kind}: a wrong client secret is our fault, and never looks like an ended consent`, async () => {
    const { account } = await connected(remote)
    const wrong = [{ ...remote.setting, client_secret: 'wrong' }]
    const [host] = openGitHosts(gitHostsSetting.parse(JSON.stringify(wrong)))

    await expect(host?.refresh(account.tokens?.refreshToken ?? '', AT)).rejects.toEqual(
      failing('misconfigured'),
    )
  })

  test(`${kind}: tokens that nobody will use are ended when the host cannot name the person`, async () => {
    const { code } = await consent(remote, 'otto')
    const before = await remote.sim<{ grants: number }>('POST expire')
    await remote.sim('POST fault', { match: 'GET .*/user$', answer: '500' })

    await expect(remote.host.exchange(code)).rejects.toEqual(failing('away'))

    const after = await remote.sim<{ grants: number }>('POST expire')
    expect(after.grants - before.grants).toBe(kind === 'gitlab' ? 0 : 1)
  })
})

describe('the GitHub App', () => {
  let remote: TestGitHost
  beforeAll(async () => {
    remote = await aGitHost('github')
  })
  afterAll(() => remote.stop())

  test('the token of the person is ended at GitHub after the consent', async () => {
    await connected(remote)

    expect(await remote.requests()).toContain('DELETE /api/v3/applications/sandbox-github/token')
    expect(await remote.sim('POST expire')).toMatchObject({ grants: 0 })
  })

  test('a person gets only the repositories of an installation to which they may push', async () => {
    await remote.sim('POST members', { path: 'vera/open', user: 'otto', access: 'read' })
    await remote.sim('POST members', { path: 'vera/module-one', user: 'otto', access: 'read' })
    await connected(remote, 'vera')
    const reader = await consent(remote, 'otto')
    expect(await remote.host.exchange(reader.code)).toEqual([])

    await remote.sim('POST members', { path: 'vera/module-one', user: 'otto', access: 'write' })
    const writer = await consent(remote, 'otto')
    const accounts = await remote.host.exchange(writer.code)

    expect(accounts).toMatchObject([{ accountName: 'vera', repositories: [expect.any(String)] }])
  })

  test('a token of an installation is for one repository and for reading', async () => {
    const { grant } = await connected(remote)
    const repository = await remote.host.findRepository(grant, { path: 'vera/module-one' })
    const { authorization, cloneUrl } = await remote.host.credential(grant, repository as GitRepository)
    const token = Buffer.from(authorization.slice(6), 'base64').toString().split(':')[1]

    const answer = await fetch(`${remote.url}/api/v3/installation/repositories`, {
      headers: { authorization: `Bearer ${token}` },
    })

    expect(cloneUrl).toBe(`${remote.url}/vera/module-one.git`)
    expect(await answer.json()).toMatchObject({
      total_count: 1,
      repositories: [{ full_name: 'vera/module-one' }],
    })
  })

  test('an App whose key GitHub does not know is misconfigured, and its installations are not broken', async () => {
    const { grant } = await connected(remote)
    const other = await aGitHost('github')
    const mixed = [{ ...remote.setting, private_key: other.setting.private_key }]
    const [host] = openGitHosts(gitHostsSetting.parse(JSON.stringify(mixed)))
    await other.stop()

    await expect(host?.listRepositories(grant, 1)).rejects.toEqual(failing('misconfigured'))
  })
})
