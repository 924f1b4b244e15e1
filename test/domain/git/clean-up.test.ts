import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GIT_HOST_KINDS, GitHostFailure, type GitHostKind } from '#kernel/git-host'
import { mintId, type PackageId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { aFollowedPackage, aPackage, hooksAt } from '../../support/a-followed-package.ts'
import { aGitHost, type TestGitHost } from '../../support/a-git-host.ts'
import { aDatabase } from '../../support/database.ts'

const MINUTE = 60_000

let database: Awaited<ReturnType<typeof aDatabase>>
let db: Db
beforeAll(async () => {
  database = await aDatabase()
  ;({ db } = database)
})
afterAll(() => database.close())

/** A package with a hook, and how the person disconnects the host. */
async function aHookedPackage(remote: TestGitHost) {
  const followed = await aFollowedPackage(db, remote)
  const { git, org, door, package: of } = followed
  const [integration] = await git.list(org.org)
  const id = integration?.id ?? ''
  return {
    ...followed,
    disconnect: () => git.disconnect({ org: org.org, id, by: { customer: org.customer }, at: new Date() }),
    cleansUp: (minutes: number) => git.cleanUpDue(new Date(Date.now() + minutes * MINUTE)),
    /** What is left: hooks at the host, what we know of the hook, and whether tokens are kept. */
    left: async () => {
      const { sealed } = await org.row(id)
      const hook = await git.hookOf(of)
      return {
        hooks: (await hooksAt(remote, door.url)).length,
        isInstalled: hook?.isInstalled,
        hasTokens: sealed !== null,
      }
    },
  }
}

const NOTHING = { hooks: 0, isInstalled: false, hasTokens: false }

describe.each(GIT_HOST_KINDS)('the hooks at a %s host that is disconnected', (kind: GitHostKind) => {
  let remote: TestGitHost
  beforeAll(async () => {
    remote = await aGitHost(kind)
    if (kind === 'github') await remote.sim('POST install', { account: 'vera', paths: ['vera/module-one'] })
  })
  afterAll(() => remote.stop())

  test(`${kind}: disconnecting deletes our hooks at the host, and the package is still followed`, async () => {
    const { disconnect, left, started, cleansUp, door, package: of } = await aHookedPackage(remote)

    await disconnect()

    expect(await left()).toEqual(NOTHING)
    expect(started).toEqual([of])
    expect(await cleansUp(60)).toBe(0)
    door.close()
  })

  test(`${kind}: hooks that a host did not delete are deleted five minutes later`, async () => {
    const { disconnect, left, cleansUp, git, org, door } = await aHookedPackage(remote)
    await remote.sim('POST fault', { match: 'DELETE .*/hooks/', answer: '500' })

    await disconnect()

    expect(await git.list(org.org)).toEqual([])
    expect(await left()).toEqual({ hooks: 1, isInstalled: true, hasTokens: kind !== 'github' })
    expect(await cleansUp(4)).toBe(0)
    expect(await cleansUp(6)).toBe(1)
    expect(await left()).toEqual(NOTHING)
    door.close()
  })
})

describe('what a disconnected integration leaves at its host', () => {
  let remote: TestGitHost
  beforeAll(async () => {
    remote = await aGitHost('gitea')
  })
  afterAll(() => remote.stop())

  test('two processes that clean up at once take each integration once', async () => {
    const { disconnect, left, cleansUp, door } = await aHookedPackage(remote)
    await remote.sim('POST fault', { match: 'DELETE .*/hooks/', answer: '500' })
    await disconnect()

    const taken = await Promise.all([cleansUp(6), cleansUp(6)])

    expect(taken.toSorted()).toEqual([0, 1])
    expect(await left()).toEqual(NOTHING)
    door.close()
  })

  test('after a day the tokens are deleted, also when the host was unreachable all the time', async () => {
    const { disconnect, left, cleansUp, door } = await aHookedPackage(remote)
    await remote.sim('POST fault', { match: 'DELETE .*/hooks/', answer: '500', times: 2 })
    await disconnect()

    await cleansUp(23 * 60)
    expect(await left()).toMatchObject({ hooks: 1, hasTokens: true })
    await cleansUp(24 * 60 + 6)

    expect(await left()).toEqual({ hooks: 1, isInstalled: true, hasTokens: false })
    expect(await cleansUp(48 * 60)).toBe(0)
    door.close()
  })

  test('a hook stays when another account of the org reaches its repository', async () => {
    const { disconnect, left, org, door } = await aHookedPackage(remote)
    await remote.sim('POST members', { path: 'vera/module-one', user: 'otto', access: 'write' })
    await org.connects('otto')

    await disconnect()

    expect(await left()).toEqual({ hooks: 1, isInstalled: true, hasTokens: false })
    await remote.sim('POST members', { path: 'vera/module-one', user: 'otto', access: 'none' })
    door.close()
  })

  test('a hook that the account may not delete any more does not keep the other hooks', async () => {
    const { disconnect, cleansUp, git, org, wanted, door, package: first } = await aHookedPackage(remote)
    const of = await aPackage(db, org)
    const path = 'vera/module-two'
    const access = await git.repositoryAccess({ org: org.org, host: wanted.host, path, at: new Date() })
    const repository = access.is === 'reached' ? access.repository.id : ''
    const hook = mintId('hok', Date.now(), Math.random)
    await git.installHook({ ...wanted, hook, package: of, repository })
    const { deleteHook } = remote.host
    remote.host.deleteHook = async (grant, at, url) => {
      if (at.path === 'vera/module-one') throw new GitHostFailure('forbidden', 'The account may not.')
      return deleteHook(grant, at, url)
    }

    await disconnect()

    remote.host.deleteHook = deleteHook
    const isInstalled = async (id: PackageId) => (await git.hookOf(id))?.isInstalled
    expect([await isInstalled(first), await isInstalled(of)]).toEqual([true, false])
    expect(await hooksAt(remote, door.url)).toHaveLength(1)
    expect(await cleansUp(60)).toBe(0)
    door.close()
  })

  test('a token that has ended is renewed once more to delete the hooks', async () => {
    const { disconnect, left, door } = await aHookedPackage(remote)
    await remote.sim('POST expire')
    await db
      .updateTable('git_integrations')
      .set({ token_expires_at: new Date(Date.now() - MINUTE) })
      .where('sealed', 'is not', null)
      .execute()

    await disconnect()

    expect(await left()).toEqual(NOTHING)
    door.close()
  })

  test('when the person has revoked our access at the host, nothing is tried again', async () => {
    const { disconnect, left, cleansUp, door } = await aHookedPackage(remote)
    await remote.sim('POST revoke', { user: 'vera' })

    await disconnect()

    expect(await left()).toEqual({ hooks: 1, isInstalled: true, hasTokens: false })
    expect(await cleansUp(60)).toBe(0)
    door.close()
  })
})
