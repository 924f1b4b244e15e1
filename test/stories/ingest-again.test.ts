import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { GitReader } from '#platform/git'
import { aPublishingVendor, type PublishingVendor } from '../support/a-repository-of-a-vendor.ts'

let vendor: PublishingVendor
beforeAll(async () => {
  vendor = await aPublishingVendor()
})
afterAll(() => vendor.stop())

test('a tag of a suspended vendor waits until the vendor may sell again', async () => {
  const module = await vendor.aPackage()
  module.release('1.0.0')
  const { pending } = await module.look()
  const suspend = (suspended_at: Date | null) =>
    vendor.db.updateTable('vendors').set({ suspended_at }).where('org_id', '=', module.org).execute()

  await suspend(new Date())
  await expect(module.ingest(pending)).rejects.toMatchObject({ code: 'vendor_not_approved' })
  expect(await module.observed()).toMatchObject([{ outcome: 'pending' }])

  await suspend(null)
  await module.ingest(pending)
  expect(await module.labels()).toEqual(['1.0.0'])
})

describe('a step that runs twice', () => {
  test('a step whose answer was lost gives the same answer and asks the host for nothing', async () => {
    const module = await vendor.aPackage()
    module.release('1.0.0')
    module.release('1.1.0', { 'composer.json': 'broken' })
    const { pending } = await module.look()
    const first = await module.ingest(pending)
    vendor.host.requests.length = 0

    expect(await module.ingest(pending)).toEqual(first)

    expect(vendor.host.requests).toEqual([])
    expect(await module.audited()).toHaveLength(2)
  })

  test('a step that fails after some tags continues after the last one', async () => {
    const module = await vendor.aPackage()
    for (const tag of ['1.0.0', '1.1.0', '1.2.0']) module.release(tag)
    const { pending } = await module.look()
    const fetched: string[] = []
    const dying = { ...vendor.deps, git: counting(vendor.deps.git, fetched, 2) }

    await expect(module.ingest(pending, { given: dying })).rejects.toThrow('the connection is lost')
    expect(await module.labels()).toEqual(['1.2.0', '1.1.0'])

    fetched.length = 0
    await module.ingest(pending, { given: { ...dying, git: counting(vendor.deps.git, fetched) } })
    expect(fetched).toEqual(['1.0.0'])
    expect(await module.labels()).toEqual(['1.2.0', '1.1.0', '1.0.0'])
  })

  test('the database keeps a published tag published', async () => {
    const module = await vendor.aPackage()
    module.release('1.0.0')
    await module.ingest((await module.look()).pending)

    const skipping = vendor.db
      .updateTable('tag_observations')
      .set({ outcome: 'skipped', reason: 'wrong_name', message: 'x', version_id: null })
      .where('package_id', '=', module.id)
      .execute()

    await expect(skipping).rejects.toThrow('is published')
  })

  test('two steps for the same tags at once make each version once', async () => {
    const module = await vendor.aPackage()
    for (const tag of ['1.0.0', '1.1.0']) module.release(tag)
    const { pending } = await module.look()

    const [one, other] = await Promise.all([module.ingest(pending), module.ingest(pending)])

    expect(one).toEqual(other)
    expect(await module.labels()).toEqual(['1.1.0', '1.0.0'])
    expect(await module.audited()).toHaveLength(2)
  })

  test('a cancelled step decides nothing about the tag that it reads, and leaves no folder', async () => {
    const module = await vendor.aPackage()
    module.release('1.0.0', { large: Buffer.alloc(8 * 2 ** 20, 'x') })
    const { pending } = await module.look()
    const cancel = new AbortController()
    const git: GitReader = {
      ...vendor.deps.git,
      async *fetchTags(...given) {
        for await (const each of vendor.deps.git.fetchTags(...given))
          yield 'fault' in each ? each : { ...each, archive: () => cutOff(each.archive(), cancel) }
      },
    }

    const ingesting = module.ingest(pending, { given: { ...vendor.deps, git }, signal: cancel.signal })

    await expect(ingesting).rejects.toThrow('cancelled')
    expect(await module.observed()).toMatchObject([{ tag: '1.0.0', outcome: 'pending', reason: null }])
    expect(fs.readdirSync(vendor.host.jobs)).toEqual([])
  })
})

async function* cutOff(archive: AsyncIterable<Uint8Array>, cancel: AbortController) {
  for await (const chunk of archive) {
    yield chunk
    cancel.abort(new Error('cancelled'))
  }
}

/** Counts the tags that are asked for. Fails after `most`. */
function counting(git: GitReader, fetched: string[], most = Infinity): GitReader {
  return {
    ...git,
    async *fetchTags(remote, tags, options) {
      let count = 0
      for await (const each of git.fetchTags(remote, tags, options)) {
        if (count++ === most) throw new Error('the connection is lost')
        fetched.push(each.tag)
        yield each
      }
    },
  }
}
