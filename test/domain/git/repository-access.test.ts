import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GitHost, GitHostFailure } from '#kernel/git-host'
import type { Db } from '#platform/database'
import { aGitHost, type TestGitHost } from '../../support/a-git-host.ts'
import { aGitOrg, type GitOrg } from '../../support/a-git-org.ts'
import { aDatabase } from '../../support/database.ts'
import { aGit } from '../../support/git.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let db: Db
beforeAll(async () => {
  database = await aDatabase()
  ;({ db } = database)
})
afterAll(() => database.close())

const refusing = (code: string) => expect.objectContaining({ code })

describe('an installation of the GitHub App', () => {
  let remote: TestGitHost
  beforeAll(async () => {
    remote = await aGitHost('github')
    await remote.sim('POST install', { account: 'vera', paths: ['vera/module-one', 'vera/open'] })
  })
  afterAll(() => remote.stop())

  const access = ({ git, org }: GitOrg, path: string) =>
    git.repositoryAccess({ org, host: remote.host.host, path, at: new Date() })

  test('a repository is reached only if it is installed and the person may push to it', async () => {
    const org = await aGitOrg(db, remote)
    await org.connects()

    expect(await access(org, 'vera/module-one')).toMatchObject({
      is: 'reached',
      repository: { path: 'vera/module-one' },
    })
    expect(await access(org, 'vera/module-two')).toMatchObject({ is: 'not_granted', accounts: ['vera'] })
    expect(await access(org, 'otto/his-own')).toMatchObject({ is: 'wrong_account', accounts: ['vera'] })
    expect(await access(org, 'vera/nothing')).toMatchObject({ is: 'not_granted' })
    await remote.sim('POST install', { account: 'vera', paths: ['vera/module-two'] })
    expect(await access(org, 'vera/module-two')).toMatchObject({ is: 'not_granted' })
    await org.connects()
    expect(await access(org, 'vera/module-two')).toMatchObject({ is: 'reached' })
  })

  test('a public repository of a stranger is not reached, although every installation sees it', async () => {
    await remote.sim('POST repositories', {
      path: 'otto/open',
      isPrivate: false,
      versions: [{ files: { a: 'a' } }],
    })
    const org = await aGitOrg(db, remote)
    await org.connects()

    expect(await access(org, 'otto/open')).toMatchObject({ is: 'wrong_account' })
  })

  test('an App that made too many calls has to wait, and its integration does not break', async () => {
    const org = await aGitOrg(db, remote)
    const { id } = await org.connects()
    await remote.sim('POST fault', { match: 'access_tokens', answer: 'limited' })

    await expect(access(org, 'vera/module-one')).rejects.toMatchObject({
      code: 'git_host_unavailable',
      retryAfterMs: 7_000,
    })
    expect(await org.git.list(org.org)).toMatchObject([{ id, state: 'connected' }])
  })

  test('an App that was uninstalled breaks the integration', async () => {
    const org = await aGitOrg(db, remote)
    const { id } = await org.connects()
    await remote.sim('POST revoke', { user: 'vera' })

    expect(await access(org, 'vera/module-one')).toMatchObject({ is: 'broken' })
    expect(await org.git.list(org.org)).toMatchObject([{ id, state: 'broken' }])
  })
})

describe('what an org may reach', () => {
  let remote: TestGitHost
  beforeAll(async () => {
    remote = await aGitHost('gitlab')
    await remote.sim('POST members', { path: 'otto/his-own', user: 'vera', access: 'read' })
  })
  afterAll(() => remote.stop())

  test('a repository that the person may only read is not granted', async () => {
    const org = await aGitOrg(db, remote)
    await org.connects()
    const wanted = { org: org.org, host: remote.host.host, at: new Date() }

    expect(await org.git.repositoryAccess({ ...wanted, path: 'otto/his-own' })).toMatchObject({
      is: 'not_granted',
    })
    expect(await org.git.credential({ ...wanted, path: 'otto/his-own' })).toMatchObject({ is: 'not_granted' })
    expect(await org.git.repositoryAccess({ ...wanted, path: 'otto/nothing' })).toMatchObject({
      is: 'wrong_account',
    })
  })

  test('an org does not reach what another org has connected', async () => {
    const [org, other] = [await aGitOrg(db, remote), await aGitOrg(db, remote)]
    const { id } = await org.connects()
    const wanted = { org: other.org, id, at: new Date() }

    expect(
      await org.git.repositoryAccess({ ...wanted, host: remote.host.host, path: 'vera/module-one' }),
    ).toMatchObject({ is: 'not_connected' })
    await expect(org.git.listRepositories({ ...wanted, limit: 5 })).rejects.toEqual(
      refusing('git_integration_not_found'),
    )
    const end = org.git.disconnect({ ...wanted, by: { customer: other.customer } })
    await expect(end).rejects.toEqual(refusing('git_integration_not_found'))
  })

  test('repositories are listed in pages of any size, each once', async () => {
    const org = await aGitOrg(db, remote)
    const { id } = await org.connects()
    const paths: string[] = []
    let after: string | undefined
    for (let pages = 0; pages < 5; pages++) {
      const wanted = { org: org.org, id, limit: 2, after, at: new Date() }
      const { repositories: listed, stoppedAt } = await org.git.listRepositories(wanted)
      expect(stoppedAt).toBeUndefined()
      paths.push(...listed.map(({ path }) => path))
      after = listed.at(-1)?.place
      if (listed.length < 2) break
    }

    expect(paths).toEqual(['vera/module-one', 'vera/module-two', 'vera/open'])
  })

  test('a disconnected account is not reached, and its tokens end at the host', async () => {
    const org = await aGitOrg(db, remote)
    const { id } = await org.connects()
    const { grants: before } = await remote.sim<{ grants: number }>('POST members', {
      path: 'vera/open',
      user: 'x',
      access: 'none',
    })

    await org.git.disconnect({ org: org.org, id, by: { customer: org.customer }, at: new Date() })

    const { grants } = await remote.sim<{ grants: number }>('POST members', {
      path: 'vera/open',
      user: 'x',
      access: 'none',
    })
    expect(grants).toBe(before - 1)
    expect(await org.git.list(org.org)).toEqual([])
    expect(await org.row(id)).toMatchObject({ sealed: null, key_id: null, token_expires_at: null })
    expect((await org.audited()).at(-1)).toMatchObject({ action: 'disconnect_git_host', object: id })
    const again = org.git.disconnect({ org: org.org, id, by: { customer: org.customer }, at: new Date() })
    await expect(again).rejects.toEqual(refusing('git_integration_not_found'))
  })

  test('a host that does not know us is unavailable, breaks nothing, and wakes an operator', async () => {
    const org = await aGitOrg(db, remote)
    const { id } = await org.connects()
    const strange: GitHost = {
      ...remote.host,
      findRepository: () => Promise.reject(new GitHostFailure('misconfigured', 'The host does not know us.')),
    }
    const git = aGit({ db, hosts: [strange], secrets: org.secrets })
    const wanted = { org: org.org, host: remote.host.host, path: 'vera/module-one', at: new Date() }

    await expect(git.repositoryAccess(wanted)).rejects.toEqual(refusing('git_host_unavailable'))
    expect((await org.row(id)).broken_at).toBeNull()
  })
})
