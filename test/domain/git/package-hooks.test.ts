import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GIT_HOST_KINDS, GitHostFailure, type GitHostKind } from '#kernel/git-host'
import { mintId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { aFollowedPackage, hooksAt, pushesTags } from '../../support/a-followed-package.ts'
import { aGitHost, type TestGitHost } from '../../support/a-git-host.ts'
import { aDatabase } from '../../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let db: Db
beforeAll(async () => {
  database = await aDatabase()
  ;({ db } = database)
})
afterAll(() => database.close())

const eventsOf = (hook: string) =>
  db
    .selectFrom('push_events')
    .select(['tag', 'delivery_id'])
    .where('hook_id', '=', hook as never)
    .orderBy('received_at')
    .execute()

describe.each(GIT_HOST_KINDS)('the push hook of a package at %s', (kind: GitHostKind) => {
  let remote: TestGitHost
  beforeAll(async () => {
    remote = await aGitHost(kind)
    if (kind === 'github') await remote.sim('POST install', { account: 'vera', paths: ['vera/module-one'] })
  })
  afterAll(() => remote.stop())

  test(`${kind}: a real git push of a tag arrives signed, is recorded once and starts a sync`, async () => {
    const { door, started, installed, package: of, git } = await aFollowedPackage(db, remote)
    const hook = installed?.hook ?? ''
    expect(installed).toMatchObject({ state: 'installed', url: `${door.url}/callbacks/git/${hook}` })

    const deliveries = await pushesTags(remote, [`v2.0.0-${kind}`])

    const [mine] = await hooksAt(remote, door.url)
    const own = deliveries.filter((each) => each.hook === mine?.id)
    expect(own).toMatchObject([{ ref: `refs/tags/v2.0.0-${kind}`, status: 202 }])
    expect(await eventsOf(hook)).toMatchObject([{ tag: `refs/tags/v2.0.0-${kind}` }])
    expect(started).toEqual([of])
    expect((await git.hookOf(of))?.lastPushAt).toBeInstanceOf(Date)

    expect(await remote.sim('POST hooks/redeliver', { id: own[0]?.id })).toMatchObject({ status: 202 })
    expect([await eventsOf(hook), started]).toMatchObject([{ length: 1 }, [of]])
    door.close()
  })

  test(`${kind}: a forged delivery is refused, records nothing and starts nothing`, async () => {
    const { door, started, installed } = await aFollowedPackage(db, remote)
    const [mine] = await hooksAt(remote, door.url)

    const forged = await remote.sim('POST hooks/forge', { hook: mine?.id })

    expect(forged).toMatchObject({ status: 401 })
    expect([await eventsOf(installed?.hook ?? ''), started]).toEqual([[], []])
    door.close()
  })

  test(`${kind}: to install a hook twice leaves one, and to remove it twice leaves none`, async () => {
    const { door, git, wanted, org, package: of } = await aFollowedPackage(db, remote)
    const again = await git.installHook({ ...wanted, hook: mintId('hok', Date.now(), Math.random) })
    expect(again.hook).toBe(wanted.hook)
    expect(await hooksAt(remote, door.url)).toHaveLength(1)

    const removal = { package: of, org: org.org, at: new Date() }
    await git.removeHook(removal)
    await git.removeHook(removal)

    expect(await hooksAt(remote, door.url)).toEqual([])
    expect([await git.isHook(wanted.hook), await git.hookOf(of)]).toEqual([false, undefined])
    door.close()
  })

  test(`${kind}: two operations, or two attempts of one, that install the hook at once leave one hook`, async () => {
    const { door, git, wanted } = await aFollowedPackage(db, remote, { isHooked: false })
    const another = { ...wanted, hook: mintId('hok', Date.now(), Math.random) }

    const all = await Promise.all([
      git.installHook(wanted),
      git.installHook(wanted),
      git.installHook(another),
    ])

    expect(all.map(({ state }) => state)).toEqual(['installed', 'installed', 'installed'])
    expect(await hooksAt(remote, door.url)).toHaveLength(1)
    door.close()
  })

  test(`${kind}: when the answer to the creation of a hook is lost, the next attempt finds the hook`, async () => {
    const { door, git, wanted } = await aFollowedPackage(db, remote, { isHooked: false })
    await remote.sim('POST fault', { match: 'POST .*/hooks$', answer: 'lost' })

    await expect(git.installHook(wanted)).rejects.toMatchObject({ code: 'git_host_unavailable' })
    expect(await git.installHook(wanted)).toMatchObject({ state: 'installed' })

    expect(await hooksAt(remote, door.url)).toHaveLength(1)
    door.close()
  })

  test(`${kind}: a hook is removed although the answer to its creation was lost`, async () => {
    const { door, git, wanted, org, package: of } = await aFollowedPackage(db, remote, { isHooked: false })
    await remote.sim('POST fault', { match: 'POST .*/hooks$', answer: 'lost' })
    await git.installHook(wanted).catch(() => undefined)
    expect(await hooksAt(remote, door.url)).toHaveLength(1)

    await git.removeHook({ package: of, org: org.org, at: new Date() })

    expect(await hooksAt(remote, door.url)).toEqual([])
    door.close()
  })

  test(`${kind}: an attempt that creates the hook after its undo leaves no hook`, async () => {
    const { door, git, wanted, org, package: of } = await aFollowedPackage(db, remote, { isHooked: false })
    const { createHook } = remote.host
    remote.host.createHook = async (...given) => {
      remote.host.createHook = createHook
      await git.removeHook({ package: of, org: org.org, at: new Date() })
      return createHook(...given)
    }

    await git.installHook(wanted)

    expect(await hooksAt(remote, door.url)).toEqual([])
    expect(await git.hookOf(of)).toBeUndefined()
    door.close()
  })

  test(`${kind}: without the right to create a hook, the package has one that a person creates`, async () => {
    const { door, git, wanted, package: of } = await aFollowedPackage(db, remote, { isHooked: false })
    const { createHook } = remote.host
    remote.host.createHook = () => Promise.reject(new GitHostFailure('forbidden', 'The account may not.'))

    const installed = await git.installHook(wanted)

    remote.host.createHook = createHook
    expect(installed).toEqual({
      hook: wanted.hook,
      state: 'missing_permission',
      url: `${door.url}/callbacks/git/${wanted.hook}`,
    })
    expect(await git.hookOf(of)).toMatchObject({
      isInstalled: false,
      url: installed.url,
      secret: expect.stringMatching(/^whsec_[\w+/]{43}=$/),
    })
    expect(await git.isHook(wanted.hook)).toBe(true)
    door.close()
  })
})

describe('what a host does not send', () => {
  test('GitHub sends nothing for more than three tags at once, or when its deliveries are lost', async () => {
    const remote = await aGitHost('github')
    await remote.sim('POST install', { account: 'vera', paths: ['vera/module-one'] })
    const { door, started } = await aFollowedPackage(db, remote)

    expect(await pushesTags(remote, ['v3.0.0', 'v3.0.1', 'v3.0.2', 'v3.0.3'])).toEqual([])
    await remote.sim('POST hooks', { mode: 'lose' })
    expect(await pushesTags(remote, ['v4.0.0'])).toMatchObject([{ status: 'lost' }])
    await remote.sim('POST hooks', { mode: 'hold' })
    await pushesTags(remote, ['v5.0.0'])
    expect(started).toEqual([])
    expect(await remote.sim('POST hooks/flush')).toEqual({ flushed: 1 })
    expect(started).toHaveLength(1)
    door.close()
    await remote.stop()
  })

  test('a delivery that is repeated under another id has no effect', async () => {
    const remote = await aGitHost('gitea')
    const { door, git, wanted, started } = await aFollowedPackage(db, remote)
    const { secret = '' } = (await git.hookOf(wanted.package)) ?? {}
    const body = Buffer.from('{"ref":"refs/tags/v1.0.0"}')
    const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
    const deliver = (id: string) =>
      git.receivePush({
        hook: wanted.hook,
        headers: { 'x-gitea-event': 'push', 'x-gitea-delivery': id, 'x-hub-signature-256': signature },
        body,
        at: new Date(),
      })

    const answers = await Promise.all([deliver('a'), deliver('a'), deliver('b'), deliver('c')])

    expect(answers).toEqual(['accepted', 'accepted', 'accepted', 'accepted'])
    expect([await eventsOf(wanted.hook), started]).toMatchObject([{ length: 1 }, { length: 1 }])
    door.close()
    await remote.stop()
  })
})
