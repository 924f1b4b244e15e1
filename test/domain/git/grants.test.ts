import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resealGitSecrets } from '#domain/git'
import { GitHostFailure, type GitHost } from '#kernel/git-host'
import type { Db } from '#platform/database'
import { openSecrets } from '#platform/secrets'
import { randomBytes } from 'node:crypto'
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

const HOUR = 60 * 60_000
const refusing = (code: string) => expect.objectContaining({ code })

describe.each(['gitlab', 'gitea'] as const)('the tokens of %s', (kind) => {
  let remote: TestGitHost
  beforeAll(async () => {
    remote = await aGitHost(kind)
  })
  afterAll(() => remote.stop())

  const refreshes = async () =>
    (await remote.requests()).filter((call) => /^POST .*(oauth\/token|access_token)$/.test(call)).length

  const access = ({ git, org }: GitOrg, at = new Date()) =>
    git.repositoryAccess({ org, host: remote.host.host, path: 'vera/module-one', at })

  test(`${kind}: a token that is about to end is renewed before the call, and then used as it is`, async () => {
    const org = await aGitOrg(db, remote)
    const { id } = await org.connects()
    const before = await org.row(id)
    const calls = await refreshes()

    expect(await access(org)).toMatchObject({ is: 'reached' })
    expect([await refreshes(), await org.row(id)]).toEqual([calls, before])
    const nearTheEnd = new Date((before.token_expires_at as Date).getTime() - 30_000)
    expect(await access(org, nearTheEnd)).toMatchObject({ is: 'reached' })
    expect(await refreshes()).toBe(calls + 1)
    const after = await org.row(id)
    expect(after.sealed).not.toEqual(before.sealed)
    expect((after.token_expires_at as Date).getTime()).toBeGreaterThan(nearTheEnd.getTime() + HOUR / 2)
  })

  test(`${kind}: a credential for Git lives for 15 minutes, so its token is renewed earlier`, async () => {
    const org = await aGitOrg(db, remote)
    const { id } = await org.connects()
    const end = (await org.row(id)).token_expires_at as Date
    const at = new Date(end.getTime() - 14 * 60_000)
    const calls = await refreshes()

    const found = await org.git.credential({
      org: org.org,
      host: remote.host.host,
      path: 'vera/module-one',
      at,
    })

    expect(found).toMatchObject({
      is: 'reached',
      credential: { authorization: expect.stringMatching(/^Basic /) },
    })
    expect(await refreshes()).toBe(calls + 1)
  })

  test(`${kind}: ten calls at once after the end of a token renew it once, and all succeed`, async () => {
    const org = await aGitOrg(db, remote)
    await org.connects()
    await remote.sim('POST expire')
    const calls = await refreshes()
    const later = new Date(Date.now() + 3 * HOUR)

    const answers = await Promise.all(Array.from({ length: 10 }, () => access(org, later)))

    expect(answers.map(({ is }) => is)).toEqual(Array.from({ length: 10 }, () => 'reached'))
    expect(await refreshes()).toBe(calls + 1)
  })

  test(`${kind}: ten calls at once with a token that the host ended early renew it once, and all succeed`, async () => {
    const org = await aGitOrg(db, remote)
    await org.connects()
    await remote.sim('POST expire')
    const calls = await refreshes()

    const answers = await Promise.all(Array.from({ length: 10 }, () => access(org)))

    expect(answers.map(({ is }) => is)).toEqual(Array.from({ length: 10 }, () => 'reached'))
    expect(await refreshes()).toBe(calls + 1)
  })

  test(`${kind}: a consent that ended at the host breaks the integration once, and a new consent mends it`, async () => {
    const org = await aGitOrg(db, remote)
    const { id } = await org.connects()
    await remote.sim('POST revoke', { user: 'vera' })

    const answers = await Promise.all([access(org), access(org), access(org)])

    expect(answers).toMatchObject([{ is: 'broken', accounts: ['vera'] }, { is: 'broken' }, { is: 'broken' }])
    expect(await org.git.list(org.org)).toMatchObject([{ id, state: 'broken' }])
    const breaks = (await org.audited()).filter(({ action }) => action === 'break_git_integration')
    expect(breaks).toMatchObject([{ outcome: 'failed', object: id }])
    const listed = org.git.listRepositories({ org: org.org, id, limit: 5, at: new Date() })
    await expect(listed).rejects.toEqual(refusing('git_integration_broken'))

    expect(await org.connects()).toMatchObject({ id, state: 'connected' })
    expect(await access(org)).toMatchObject({ is: 'reached' })
  })

  test.for(['500', '429', 'redirect'] as const)(
    `${kind}: a host that answers %s to a renewal breaks nothing, and the next call renews`,
    async (answer) => {
      const org = await aGitOrg(db, remote)
      const { id } = await org.connects()
      const later = new Date(Date.now() + 3 * HOUR)
      await remote.sim('POST fault', { match: 'POST .*token$', answer })

      await expect(access(org, later)).rejects.toEqual(refusing('git_host_unavailable'))

      expect((await org.row(id)).broken_at).toBeNull()
      expect(await access(org, later)).toMatchObject({ is: 'reached' })
    },
  )

  test(`${kind}: a renewal whose answer is lost ${kind === 'gitlab' ? 'works at the next call' : 'ends the consent'}`, async () => {
    const org = await aGitOrg(db, remote)
    await org.connects()
    const later = new Date(Date.now() + 3 * HOUR)
    await remote.sim('POST fault', { match: 'POST .*token$', answer: 'lost' })

    await expect(access(org, later)).rejects.toEqual(refusing('git_host_unavailable'))

    // GitLab accepts the earlier refresh token until the new tokens are used; a strict Gitea does not
    expect(await access(org, later)).toMatchObject({ is: kind === 'gitlab' ? 'reached' : 'broken' })
  })

  test(`${kind}: an integration that is disconnected during a renewal is not written again`, async () => {
    const org = await aGitOrg(db, remote)
    const { id } = await org.connects()
    const later = new Date(Date.now() + 3 * HOUR)
    const { promise: isAsked, resolve: asked } = Promise.withResolvers<void>()
    const { promise: maySend, resolve: send } = Promise.withResolvers<void>()
    const { refresh } = remote.host
    remote.host.refresh = async (...given) => {
      asked()
      await maySend
      return refresh(...given)
    }

    const call = access(org, later)
    await isAsked
    const end = org.git.disconnect({ org: org.org, id, by: { customer: org.customer }, at: new Date() })
    send()
    await Promise.allSettled([call, end])

    remote.host.refresh = refresh
    expect(await org.row(id)).toMatchObject({ sealed: null, key_id: null, disconnected_at: expect.any(Date) })
    expect(await access(org)).toEqual({ is: 'not_connected', host: remote.host.host, accounts: [] })
    if (kind === 'gitlab') expect(await remote.sim('POST expire')).toBeDefined()
  })

  test(`${kind}: tokens that were sealed with an old key still work, and are sealed with the new one when renewed`, async () => {
    const org = await aGitOrg(db, remote)
    const { id } = await org.connects()
    const oldKey = randomBytes(32).toString('base64')
    const sealedBefore = openSecrets({ key: oldKey })
    const { key_id, sealed } = (await org.row(id)) as { key_id: string; sealed: Buffer }
    const text = org.secrets.open({ keyId: key_id, sealed }, id)
    const old = sealedBefore.seal(text, id)
    await db
      .updateTable('git_integrations')
      .set({ key_id: old.keyId, sealed: old.sealed })
      .where('id', '=', id)
      .execute()
    const key = randomBytes(32).toString('base64')
    const rotated = aGit({ db, hosts: [remote.host], secrets: openSecrets({ key, oldKeys: [oldKey] }) })
    const wanted = { org: org.org, host: remote.host.host, path: 'vera/module-one' }

    expect(await rotated.repositoryAccess({ ...wanted, at: new Date() })).toMatchObject({ is: 'reached' })
    expect((await org.row(id)).key_id).toBe(old.keyId)
    expect(await rotated.repositoryAccess({ ...wanted, at: new Date(Date.now() + 3 * HOUR) })).toMatchObject({
      is: 'reached',
    })
    expect((await org.row(id)).key_id).toBe(openSecrets({ key }).seal('', '').keyId)
  })
})

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
      const listed = await org.git.listRepositories({ org: org.org, id, limit: 2, after, at: new Date() })
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

describe('a rotation of the key', () => {
  test('what was encrypted with an old key is encrypted again, so that the old key can be removed', async () => {
    const remote = await aGitHost('gitea')
    const org = await aGitOrg(db, remote)
    const { id } = await org.connects()
    const [oldKey, key] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')]
    const before = openSecrets({ key: oldKey })
    const { key_id, sealed } = (await org.row(id)) as { key_id: string; sealed: Buffer }
    const old = before.seal(org.secrets.open({ keyId: key_id, sealed }, id), id)
    await db.deleteFrom('git_integrations').where('id', '!=', id).execute()
    await db
      .updateTable('git_integrations')
      .set({ key_id: old.keyId, sealed: old.sealed })
      .where('id', '=', id)
      .execute()
    const both = openSecrets({ key, oldKeys: [oldKey] })

    const counts = await Promise.all([resealGitSecrets(db, both), resealGitSecrets(db, both)])

    expect(counts.toSorted()).toEqual([0, 1])
    const onlyNew = aGit({ db, hosts: [remote.host], secrets: openSecrets({ key }) })
    const wanted = { org: org.org, host: remote.host.host, path: 'vera/module-one', at: new Date() }
    expect(await onlyNew.repositoryAccess(wanted)).toMatchObject({ is: 'reached' })
    expect(await resealGitSecrets(db, openSecrets({ key }))).toBe(0)
    await remote.stop()
  })
})
