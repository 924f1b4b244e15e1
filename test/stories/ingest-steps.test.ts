import fs from 'node:fs'
import { MockActivityEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ingestActivitiesOn, type IngestedTag, type SeenTags, stepInterceptor } from '#activities'
import type { PackageId } from '#kernel/ids'
import { timeLeft } from '#platform/deadline'
import { RepositoryNotAccessible } from '#platform/git'
import { aPublishingVendor, type PublishingVendor } from '../support/a-repository-of-a-vendor.ts'

const at = '2026-01-01T00:00:00.000Z'

let vendor: PublishingVendor
beforeAll(async () => {
  vendor = await aPublishingVendor()
})
afterAll(() => vendor.stop())

/** The steps as Temporal calls them. */
function steps(given = vendor.deps) {
  const environment = new MockActivityEnvironment({}, { interceptors: [stepInterceptor(given)] })
  const { lookAtTags, ingestTags } = ingestActivitiesOn(given)
  return {
    environment,
    look: (packageId: PackageId) => environment.run(lookAtTags, { packageId, at }) as Promise<SeenTags>,
    ingest: (packageId: PackageId, tags: string[]) =>
      environment.run(ingestTags, { packageId, tags, at }) as Promise<IngestedTag[]>,
  }
}

describe('the steps on the queue git-ingest', () => {
  test('the steps publish the tags of a repository', async () => {
    const module = await vendor.aPackage()
    module.release('v1.0.0')
    module.release('latest')

    const seen = await steps().look(module.id)
    const ingested = await steps().ingest(module.id, seen.pending)

    expect(seen).toEqual({ pending: ['v1.0.0'], published: 0, skipped: 1, moved: [], isMore: false })
    expect(ingested).toMatchObject([{ tag: 'v1.0.0', label: '1.0.0' }])
  })

  test('a step that may take ten minutes still calls its host after one minute', async () => {
    const info = { startToCloseTimeoutMs: 10 * 60_000 }
    const environment = new MockActivityEnvironment(info, { interceptors: [stepInterceptor(vendor.deps)] })

    const left = (await environment.run(async () => timeLeft(60 * 60_000))) as number

    expect(left).toBeGreaterThan(9 * 60_000)
    expect(left).toBeLessThan(10 * 60_000)
  })

  test('a cancelled step ends at once as cancelled, its programs are gone, and nothing is decided', async () => {
    const module = await vendor.aPackage()
    module.release('v1.0.0')
    const { environment, look, ingest } = steps()
    const { pending } = await look(module.id)
    const { promise: asked, resolve } = Promise.withResolvers<void>()
    vendor.host.answer(new URL(module.repository.remote.cloneUrl).pathname, () => resolve())

    const ingesting = ingest(module.id, pending)
    await asked
    environment.cancel('CANCELLED')

    await expect(ingesting).rejects.toMatchObject({ name: 'CancelledFailure' })
    expect(fs.readdirSync(vendor.host.jobs)).toEqual([])
    const { outcome } = await vendor.db
      .selectFrom('tag_observations')
      .select('outcome')
      .where('package_id', '=', module.id)
      .executeTakeFirstOrThrow()
    expect(outcome).toBe('pending')
  })

  test('a host that refuses ends the step, and a host that fails is tried again', async () => {
    const module = await vendor.aPackage()
    const path = new URL(module.repository.remote.cloneUrl).pathname

    vendor.host.answer(path, (_, response) => response.writeHead(404).end())
    await expect(steps().look(module.id)).rejects.toMatchObject({
      type: 'repository_not_accessible',
      nonRetryable: true,
    })
    vendor.host.answer(path, (_, response) => response.writeHead(500).end())
    await expect(steps().look(module.id)).rejects.toMatchObject({
      type: 'git_host_unavailable',
      nonRetryable: false,
    })
    const given = { ...vendor.deps, repositoryOf: () => Promise.reject(new RepositoryNotAccessible()) }
    await expect(steps(given).look(module.id)).rejects.toMatchObject({ type: 'repository_not_accessible' })
  })
})
