import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addMember } from '#domain/orgs'
import { checksOf, versionsOf } from '#domain/publishing'
import type { VersionId } from '#kernel/ids'
import { aPublishingVendor, type PublishingVendor } from '../support/a-repository-of-a-vendor.ts'
import { aPerson } from '../support/mcp.ts'
import { loggedEventsOf } from '../support/logged-events.ts'

const day = (n: number) => new Date(Date.UTC(2026, 0, 1 + n))

let vendor: PublishingVendor
beforeAll(async () => {
  vendor = await aPublishingVendor()
})
afterAll(() => vendor.stop())

describe('the tags of a repository', () => {
  test('each tag becomes a version that was released when the tag was first seen', async () => {
    const module = await vendor.aPackage()
    const first = module.release('v1.0.0', { 'README.md': '# Hello\0there', 'src/A.php': '<?php class A {}' })
    module.release('1.1.0')

    const seen = await module.look(day(1))
    const ingested = await module.ingest(seen.pending, { at: day(2) })

    expect(seen).toEqual({ pending: ['1.1.0', 'v1.0.0'], published: 0, skipped: 0, moved: [] })
    expect(ingested).toMatchObject([
      { tag: '1.1.0', label: '1.1.0' },
      { tag: 'v1.0.0', label: '1.0.0' },
    ])
    const [, stored] = await vendor.db
      .selectFrom('versions')
      .select(['id', 'released_at', 'commit_sha', 'readme', 'zip_sha256', 'zip_bytes'])
      .where('package_id', '=', module.id)
      .orderBy('label', 'desc')
      .execute()
    expect(stored).toMatchObject({ released_at: day(1), commit_sha: first, readme: '# Hello\uFFFDthere' })
    const zip = await vendor.storage.open(stored?.zip_sha256 ?? '')
    expect((await buffer(zip!.stream)).length).toBe(stored?.zip_bytes)
    expect(await module.look(day(3))).toEqual({ pending: [], published: 2, skipped: 0, moved: [] })
    expect(await module.audited()).toMatchObject([
      { action: 'publish_tag', outcome: 'done' },
      { action: 'publish_tag', outcome: 'done', object: stored?.id },
    ])
  })

  test('a tag that cannot become a version is skipped with its reason, and its neighbours are published', async () => {
    const module = await vendor.aPackage()
    const { composer, repository } = module
    const deep = (levels: number) =>
      `{"name":"${module.name}","extra":${'['.repeat(levels)}${']'.repeat(levels)}}`
    const large = JSON.stringify({ name: module.name, description: 'x'.repeat(1_100_000) })
    const manifests: [string, string | Buffer | undefined][] = [
      ['manifest_missing', undefined],
      ['manifest_invalid', 'not json'],
      ['manifest_invalid', '[]'],
      ['manifest_invalid', 'null'],
      ['manifest_invalid', `\uFEFF${composer()}`],
      ['manifest_invalid', Buffer.from(`{"name":"${module.name}","description":"\xff"}`, 'latin1')],
      ['manifest_invalid', `{"name":"${module.name}","description":"\\ud800"}`],
      ['manifest_invalid', `{"name":"${module.name}","description":"\\u0000"}`],
      ['manifest_invalid', `{"name":"${module.name}","description":"\\u001b[2J"}`],
      ['manifest_invalid', deep(200)],
      ['manifest_invalid', deep(100_000)],
      ['manifest_invalid', large],
      ['manifest_invalid', composer({ require: 'everything' })],
      ['wrong_name', composer({ name: 'somebody/else' })],
      ['wrong_name', '{"__proto__":{"name":"x/y"}}'],
      ['version_field_disagrees', composer({ version: '9.9.9' })],
    ]
    manifests.forEach(([, text], i) =>
      repository.release(`1.0.${i}`, { a: 'a', ...(text !== undefined && { 'composer.json': text }) }),
    )
    module.release('2.0.0')
    module.release('v2.0.0')
    module.release('2.1.0', { 'a:b': 'x' })
    for (const tag of ['latest', 'v1', '1.0.0+build', 'release/1.0.0', '-u', '--output=x', 'v1.0.0-dev'])
      module.release(tag)

    const { pending, skipped } = await module.look()
    const ingested = await module.ingest(pending)

    expect(skipped).toBe(7)
    const reasons = new Map(ingested.map((each) => [each.tag, 'skipped' in each ? each.skipped : each.label]))
    expect(manifests.map((_, i) => reasons.get(`1.0.${i}`))).toEqual(manifests.map(([reason]) => reason))
    expect(['2.0.0', 'v2.0.0', '2.1.0'].map((tag) => reasons.get(tag))).toEqual([
      '2.0.0',
      'same_version_exists',
      'unsafe_path',
    ])
    expect(await module.labels()).toEqual(['2.0.0'])
    const refused = (await module.audited()).filter(({ outcome }) => outcome === 'refused')
    expect(refused).toHaveLength(manifests.length + 2)
    expect((await module.observed()).filter(({ reason }) => reason === 'not_a_version_tag')).toHaveLength(7)
  })

  test('a metapackage becomes a version without a zip', async () => {
    const module = await vendor.aPackage()
    module.release('1.0.0', { 'composer.json': module.composer({ type: 'metapackage' }) })

    await module.ingest((await module.look()).pending)

    const [version] = await versionsOf(vendor.db, module.id)
    const checks = await checksOf(vendor.db, version?.id as VersionId)
    expect(checks.find(({ name }) => name === 'archive')?.status).toBe('skipped')
  })

  test('a tag that names another commit later leaves its version as it is, and the checks warn', async () => {
    const module = await vendor.aPackage()
    const old = module.release('1.0.0')
    await module.ingest((await module.look()).pending)
    const moved = module.release('1.0.0', { 'src/New.php': '<?php' })
    const { customer } = await aPerson(vendor.db)
    await addMember(vendor.db, { org: module.org, customer, role: 'owner', at: day(0) })
    const version = () =>
      vendor.db
        .selectFrom('versions')
        .select(['id', 'commit_sha', 'moved_to'])
        .where('package_id', '=', module.id)
        .executeTakeFirstOrThrow()
    const integrity = async () =>
      (await checksOf(vendor.db, (await version()).id)).find(({ name }) => name === 'tag_integrity')?.status

    expect(await module.look()).toEqual({ pending: [], published: 0, skipped: 1, moved: ['1.0.0'] })
    expect(await version()).toMatchObject({ commit_sha: old, moved_to: moved })
    expect(await integrity()).toBe('warn')
    expect((await module.look()).moved).toEqual([])
    expect(await loggedEventsOf(vendor.db, (await version()).id)).toContainEqual({ kind: 'tag_moved' })
    expect((await module.audited()).filter(({ action }) => action === 'note_moved_tag')).toHaveLength(1)
    const mails = vendor.db.selectFrom('mails').select('data').where('kind', '=', 'tag_moved')
    expect((await mails.execute()).map(({ data }) => data)).toContainEqual({
      package: module.name,
      tag: '1.0.0',
      from: old,
      to: moved,
    })

    module.repository.tag('1.0.0', old)
    await module.look()
    expect(await version()).toMatchObject({ commit_sha: old, moved_to: null })
    expect(await integrity()).toBe('pass')
  })

  test('a rewritten history, which moves all tags, sends one mail to an owner', async () => {
    const module = await vendor.aPackage()
    const { customer } = await aPerson(vendor.db, { role: 'owner' })
    await vendor.db
      .insertInto('org_members')
      .values({ org_id: module.org, customer_id: customer, role: 'owner', joined_at: day(0) })
      .execute()
    for (const tag of ['1.0.0', '1.1.0', '1.2.0']) module.release(tag)
    await module.ingest((await module.look()).pending)
    for (const tag of ['1.0.0', '1.1.0', '1.2.0']) module.release(tag, { 'src/New.php': '<?php' })

    expect((await module.look()).moved).toHaveLength(3)

    const mails = vendor.db.selectFrom('mails').select('data').where('kind', '=', 'tag_moved')
    const data = (await mails.execute()).map((mail) => mail.data as { package: string })
    expect(data.filter((each) => each.package === module.name)).toMatchObject([{ others: 2 }])
  })

  test('a deleted tag changes nothing: its version stays, and its zip can be downloaded', async () => {
    const module = await vendor.aPackage()
    module.release('1.0.0')
    await module.ingest((await module.look()).pending)
    module.repository.untag('1.0.0')

    expect(await module.look()).toEqual({ pending: [], published: 0, skipped: 0, moved: [] })
    expect(await module.labels()).toEqual(['1.0.0'])
    const { zip_sha256: zip } = await vendor.db
      .selectFrom('versions')
      .select('zip_sha256')
      .where('package_id', '=', module.id)
      .executeTakeFirstOrThrow()
    const stored = await vendor.storage.open(zip ?? '')
    expect((await buffer(stored!.stream)).length).toBe(stored?.bytes)
  })

  test('a tag that moves after the look is published at its new commit', async () => {
    const module = await vendor.aPackage()
    const old = module.release('1.0.0')
    const { pending } = await module.look()
    const now = module.release('1.0.0', { 'src/New.php': '<?php' })

    const [ingested] = await module.ingest(pending)

    expect(ingested).toMatchObject({ tag: '1.0.0', label: '1.0.0' })
    expect(await module.observed()).toEqual(
      expect.arrayContaining([
        { tag: '1.0.0', commit_sha: old, outcome: 'skipped', reason: 'tag_moved' },
        { tag: '1.0.0', commit_sha: now, outcome: 'published', reason: null },
      ]),
    )
  })

  test('a tag that is deleted after the look is skipped, and published when it comes back', async () => {
    const module = await vendor.aPackage()
    const commit = module.release('1.0.0')
    module.release('1.1.0')
    const { pending } = await module.look()
    module.repository.untag('1.0.0')

    expect(await module.ingest(pending)).toMatchObject([{ label: '1.1.0' }, { skipped: 'tag_deleted' }])

    module.repository.tag('1.0.0', commit)
    expect((await module.look()).pending).toEqual(['1.0.0'])
    expect(await module.ingest(['1.0.0'])).toMatchObject([{ label: '1.0.0' }])
  })
})
