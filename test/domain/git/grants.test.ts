import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resealGitSecrets } from '#domain/git'
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

  test(`${kind}: of ten calls at once with a token that has ended at the host, one renews it, and all succeed`, async () => {
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
