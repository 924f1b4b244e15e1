import { describe, expect, vi } from 'vitest'
import type { Activities } from '#activities'
import type { OperationId, PackageId } from '#kernel/ids'
import { mintId } from '#kernel/ids'
import { lockVendor } from '#domain/vendors'
import { inTransaction } from '#platform/transactions'
import { aName, outcomesOf, type Publisher, publish, publisherTest } from '../support/a-publisher.ts'
import { timeSkippingServer } from '../support/a-shop.ts'
import { justBefore } from '../support/faults.ts'
import { lockWaiters } from '../support/lock-waiters.ts'

const test = publisherTest()

/** A new package that was published, and its steps as a late attempt would run them. */
async function aPublished({ runs, repository, shop }: Publisher) {
  let steps: Activities | undefined
  shop.breaks((working) => (steps = working))
  const operation = await runs('publish_package', { repositories: [await repository()] })
  const [{ package_id: packageId } = {}] = outcomesOf(operation)
  const step = {
    operationId: operation.operation_id as OperationId,
    position: 1,
    at: new Date().toISOString(),
  }
  return { steps: steps as Activities, step: { ...step, packageId: packageId as PackageId } }
}

describe.skipIf(!timeSkippingServer)('two operations with one package', { timeout: 60_000 }, () => {
  test('of two publications of a name from two repositories at once, one is refused', async ({
    publisher,
  }) => {
    await publisher.connects()
    const name = aName()
    const [url, other] = [await publisher.repository({ name }), await publisher.repository({ name })]
    const between: { outcome?: unknown } = {}
    publisher.shop.breaks(
      justBefore('installHook', async () => {
        publisher.shop.breaks()
        between.outcome = await publish(publisher, other)
      }),
    )

    const outcome = await publish(publisher, url)

    expect(between.outcome).toMatchObject({ outcome: 'already_published' })
    expect(outcome).toMatchObject({ code: 'package_has_another_repository' })
  })

  test('an undo keeps the hook of a package that another operation publishes meanwhile', async ({
    publisher,
  }) => {
    await publisher.connects()
    const { steps, step } = await aPublished(publisher)
    const { db, git, market } = publisher.shop
    await db.deleteFrom('package_syncs').where('package_id', '=', step.packageId).execute()

    const undo = await inTransaction(db, async (tx) => {
      await lockVendor(tx, market.vendor('contoso'))
      const undoing = steps.removeHook(step)
      await vi.waitUntil(async () => (await lockWaiters(db)) > 0, { timeout: 5_000 }).catch(() => undefined)
      await tx
        .insertInto('package_syncs')
        .values({ package_id: step.packageId, next_look_at: new Date() })
        .execute()
      return { undoing }
    })
    await undo.undoing

    expect(await git.hookOf(step.packageId)).toMatchObject({ isInstalled: true })
  })

  test('an attempt that waits for the hook of another operation creates it when that operation has died', async ({
    publisher,
  }) => {
    await publisher.connects()
    const { steps, step } = await aPublished(publisher)
    await publisher.shop.db
      .updateTable('package_hooks')
      .set({ host_hook_id: null, created_at: new Date(Date.now() - 11_000) })
      .where('package_id', '=', step.packageId)
      .execute()
    const asked = new Date(Date.now() - 10_000).toISOString()

    const installed = await steps.installHook({
      ...step,
      at: asked,
      hookId: mintId('hok', Date.now(), Math.random),
    })

    expect(installed).toEqual({ hook: 'installed' })
  })
})
