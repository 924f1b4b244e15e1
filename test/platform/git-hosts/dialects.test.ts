import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type ConsentedAccount,
  GIT_HOST_KINDS,
  type GitGrant,
  type GitHostFailureKind,
  type GitRepository,
} from '#kernel/git-host'
import { openGitHosts } from '#platform/git-hosts/index'
import { gitHostsSetting } from '#platform/git-hosts/settings'
import { git } from '../../../sandbox/git/repositories.ts'
import { aGitHost, PUBLIC_URL, type TestGitHost } from '../../support/a-git-host.ts'

const REDIRECT_URI = `${PUBLIC_URL}/callbacks/git-host`
const AT = new Date()

/** Asks a person for their consent, as `Git.openConsentPage` does. */
async function consent(
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

async function connected(remote: TestGitHost, as = 'vera', { wantsHooks = true } = {}) {
  if (remote.host.kind === 'github')
    await remote.sim('POST install', { account: as, paths: [`${as}/module-one`, `${as}/open`] })
  const { code } = await consent(remote, as, { wantsHooks })
  const [account] = await remote.host.exchange(code)
  if (!account) throw new Error('nothing was connected')
  return { account, grant: grantOf(account) }
}

const grantOf = ({ accountId, tokens }: ConsentedAccount): GitGrant => ({
  accountId,
  accessToken: tokens?.accessToken,
})

const failing = (kind: GitHostFailureKind) => expect.objectContaining({ name: 'GitHostFailure', kind })

describe.each(GIT_HOST_KINDS)('a Git host of kind %s', (kind) => {
  let remote: TestGitHost
  let grant: GitGrant
  let account: ConsentedAccount
  beforeAll(async () => {
    remote = await aGitHost(kind)
    ;({ account, grant } = await connected(remote))
  })
  afterAll(() => remote.stop())

  const one = () => found({ path: 'vera/module-one' })
  async function found(query: { path: string } | { id: string }): Promise<GitRepository> {
    const repository = await remote.host.findRepository(grant, query)
    if (!repository) throw new Error('not found')
    return repository
  }

  test(`${kind}: a consent gives the account of the person and what we may do with it`, () => {
    expect(account).toMatchObject({ accountName: 'vera', mayHook: true })
    expect(account.tokens === undefined).toBe(kind === 'github')
    expect(account.repositories?.length).toBe(kind === 'github' ? 2 : undefined)
  })

  test(`${kind}: the host sends our state back, and a refused consent comes back without a code`, async () => {
    const { back, state } = await consent(remote, 'vera', { answer: 'deny' as never })

    expect(back.href.startsWith(`${REDIRECT_URI}?`)).toBe(true)
    expect(back.searchParams.get('state')).toBe(state)
    expect([back.searchParams.get('code'), back.searchParams.get('error')]).toEqual([null, 'access_denied'])
  })

  test(`${kind}: a code works once, only with its verifier and its redirect URI`, async () => {
    const { host } = remote
    const { code } = await consent(remote, 'vera')
    const other = await consent(remote, 'vera')
    const third = await consent(remote, 'vera')

    await host.exchange(code)
    await expect(host.exchange(code)).rejects.toEqual(failing('denied'))
    await expect(host.exchange({ ...other.code, verifier: code.verifier })).rejects.toEqual(failing('denied'))
    const elsewhere = { ...third.code, redirectUri: `${REDIRECT_URI}/other` }
    await expect(host.exchange(elsewhere)).rejects.toEqual(failing('denied'))
    await expect(host.exchange({ ...code, code: 'invented' })).rejects.toEqual(failing('denied'))
  })

  test(`${kind}: a repository is found by path and by id, and a stranger's private one is not`, async () => {
    const repository = await one()

    expect(repository).toMatchObject({ path: 'vera/module-one', isPrivate: true, canPush: true })
    expect(await found({ id: repository.id })).toEqual(repository)
    expect(await remote.host.findRepository(grant, { path: 'otto/his-own' })).toBeUndefined()
    expect(await remote.host.findRepository(grant, { path: 'vera/nothing' })).toBeUndefined()
  })

  test(`${kind}: the repositories are listed`, async () => {
    const { repositories, nextPage } = await remote.host.listRepositories(grant, 1)

    expect(repositories.map(({ path }) => path)).toEqual(
      kind === 'github'
        ? ['vera/module-one', 'vera/open']
        : ['vera/module-one', 'vera/module-two', 'vera/open'],
    )
    expect(nextPage).toBeUndefined()
  })

  test(`${kind}: a credential opens its repository for Git, without a right to push`, async () => {
    const { cloneUrl, authorization } = await remote.host.credential(grant, await one())
    const header = `http.extraHeader=Authorization: ${authorization}`
    const as = (url: string, ...rest: string[]) => git(['-c', header, ...rest, url])

    expect(await as(cloneUrl, 'ls-remote', '--tags', '--')).toContain('refs/tags/v1.0.0')
    await expect(git(['ls-remote', '--', cloneUrl])).rejects.toThrow('failed')
    const foreign = cloneUrl.replace('vera/module-one', 'otto/his-own')
    await expect(as(foreign, 'ls-remote', '--')).rejects.toThrow('failed')
    if (kind === 'github')
      await expect(as(cloneUrl.replace('module-one', 'module-two'), 'ls-remote', '--')).rejects.toThrow(
        'failed',
      )
  })

  test(`${kind}: a hook is created once for a URL, and deleted`, async () => {
    const { host } = remote
    const hook = { url: 'https://market.example/callbacks/git/hok_1', secret: 'whsec_c2VjcmV0' }
    const known = async () => (await remote.sim<{ hooks: { url: string }[] }>('GET hooks')).hooks

    const [first, second] = [
      await host.createHook(grant, await one(), hook),
      await host.createHook(grant, await one(), hook),
    ]
    expect(second).toBe(first)
    expect(await known()).toMatchObject([{ url: hook.url }])

    await host.deleteHook(grant, await one(), hook.url)
    await host.deleteHook(grant, await one(), hook.url)
    expect(await known()).toEqual([])
  })

  test(`${kind}: a hook that we have no right to create is forbidden`, async () => {
    const reading = kind === 'github' ? grant : (await connected(remote, 'vera', { wantsHooks: false })).grant
    const hidden = kind === 'github' ? { ...(await one()), id: '999999' } : await one()
    const hook = { url: 'https://market.example/callbacks/git/hok_2', secret: 'whsec_c2VjcmV0' }

    await expect(remote.host.createHook(reading, hidden, hook)).rejects.toEqual(failing('forbidden'))
  })

  test(`${kind}: a renamed repository is found by its id only, and a redirect is not followed`, async () => {
    await remote.sim('POST repositories', {
      path: 'vera/old-name',
      versions: [{ tag: 'v1.0.0', files: { a: 'a' } }],
    })
    if (kind === 'github') await remote.sim('POST install', { account: 'vera', paths: ['vera/old-name'] })
    const { id } = await found({ path: 'vera/old-name' })
    await remote.sim('POST rename', { path: 'vera/old-name', to: 'vera/new-name' })

    expect(await remote.host.findRepository(grant, { path: 'vera/old-name' })).toBeUndefined()
    const renamed = await found({ id })
    expect([renamed.path, renamed.cloneUrl]).toEqual(['vera/new-name', `${remote.url}/vera/new-name.git`])
  })

  test.for([
    ['500', 'away', undefined],
    ['429', 'away', 7_000],
    ['403', 'forbidden', undefined],
  ] as const)(`${kind}: an answer %s is %s`, async ([answer, failure, retryAfterMs]) => {
    await remote.sim('POST fault', { match: '(repos|projects)/', answer })

    await expect(remote.host.findRepository(grant, { path: 'vera/module-one' })).rejects.toEqual(
      expect.objectContaining({ kind: failure, retryAfterMs }),
    )
    expect(await one()).toBeDefined()
  })

  test(`${kind}: a call that is redirected to another place does not take our access there`, async () => {
    const seen: (string | undefined)[] = []
    const thief = createServer((request, response) => {
      seen.push(request.headers.authorization)
      response.end('{}')
    })
    await new Promise<void>((resolve) => thief.listen(0, '127.0.0.1', resolve))
    const to = `http://127.0.0.1:${(thief.address() as AddressInfo).port}/`
    await remote.sim('POST fault', { match: '(repositories|projects|user/repos)$', answer: 'redirect', to })

    await expect(remote.host.listRepositories(grant, 1)).rejects.toEqual(failing('away'))

    thief.close()
    expect(seen).toEqual([])
  })

  test(`${kind}: an answer that is lost is a failure that may be tried again`, async () => {
    await remote.sim('POST fault', { match: '(repos|projects)/', answer: 'lost' })

    await expect(remote.host.findRepository(grant, { path: 'vera/module-one' })).rejects.toEqual(
      failing('away'),
    )
  })

  test(`${kind}: no message of a failure has a URL, a token or a text of the host`, async () => {
    const errors: Error[] = []
    for (const answer of ['500', '429', '403', 'redirect', 'lost'] as const) {
      await remote.sim('POST fault', { match: '(repos|projects)/', answer })
      await remote.host.findRepository(grant, { path: 'vera/module-one' }).catch((e: Error) => errors.push(e))
    }

    expect(errors).toHaveLength(5)
    for (const error of errors) {
      expect(JSON.stringify([error.message, error.stack, error.cause])).not.toMatch(
        /http:\/\/127|gh[su]_|gloas|gta_/,
      )
      expect(error.message).toMatch(/^[A-Z][^…]{10,80}\.$/)
    }
  })

  test(`${kind}: a grant that was revoked at the host is unauthorized`, async () => {
    await remote.sim('POST revoke', { user: 'vera' })

    await expect(remote.host.findRepository(grant, { path: 'vera/module-one' })).rejects.toEqual(
      failing('unauthorized'),
    )
    if (account.tokens)
      await expect(remote.host.refresh(account.tokens.refreshToken, AT)).rejects.toEqual(
        failing('unauthorized'),
      )
  })
})

describe.each(['gitlab', 'gitea'] as const)('tokens that are renewed at %s', (kind) => {
  let remote: TestGitHost
  beforeAll(async () => {
    remote = await aGitHost(kind)
  })
  afterAll(() => remote.stop())

  test(`${kind}: a refresh token works once, and the access token before it ends`, async () => {
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
