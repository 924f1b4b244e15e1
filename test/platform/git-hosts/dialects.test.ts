import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ConsentedAccount, GIT_HOST_KINDS, type GitGrant, type GitRepository } from '#kernel/git-host'
import { git } from '../../../sandbox/git/repositories.ts'
import { aGitHost, type TestGitHost } from '../../support/a-git-host.ts'
import { AT, connected, consent, failing, REDIRECT_URI } from '../../support/at-a-git-host.ts'

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
    // only a token of GitHub is for one repository
    const other = as(cloneUrl.replace('module-one', 'module-two'), 'ls-remote', '--').then(() => 'opened')
    expect(await other.catch(() => 'refused')).toBe(kind === 'github' ? 'refused' : 'opened')
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
    const other = { ...hook, url: `${hook.url}x` }
    const both = await Promise.all([one(), one()])
    const ids = await Promise.all(both.map((repository) => host.createHook(grant, repository, other)))
    expect(ids[0]).toBe(ids[1])
    await host.deleteHook(grant, await one(), other.url)

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
    // an installation has no refresh token
    const renewed = account.tokens && remote.host.refresh(account.tokens.refreshToken, AT)
    await expect(renewed ?? remote.host.listRepositories(grant, 1)).rejects.toEqual(failing('unauthorized'))
  })
})
