import { describe, expect } from 'vitest'
import { publish, publisherTest } from '../support/a-publisher.ts'
import { pushTag } from '../support/a-pushed-tag.ts'
import { timeSkippingServer } from '../support/a-shop.ts'

const test = publisherTest()

describe.skipIf(!timeSkippingServer)(
  'a package that follows the tags of its repository',
  { timeout: 60_000 },
  () => {
    test('a pushed tag becomes a version without another call', async ({ publisher }) => {
      await publisher.connects()
      const url = await publisher.repository()
      const { package_id: packageId } = (await publish(publisher, url)) as { package_id: `pkg_${string}` }
      const path = new URL(url).pathname.slice(1).replace('.git', '')
      const labels = async () => {
        const rows = await publisher.shop.db
          .selectFrom('versions')
          .select('label')
          .where('package_id', '=', packageId)
          .orderBy('label')
          .execute()
        return rows.map(({ label }) => label)
      }
      const push = () => pushTag(publisher, path, '1.5.0')

      await push()

      await expect.poll(labels, { timeout: 20_000 }).toEqual(['1.0.0', '1.5.0'])
    })

    test('a package without a hook is found as due, and one with a hook is not', async ({ publisher }) => {
      await publisher.connects()
      const url = await publisher.repository()
      const { package_id: packageId, package: name } = (await publish(publisher, url)) as {
        package_id: `pkg_${string}`
        package: string
      }
      const due = async () => {
        const { next_look_at, ended_at } = await publisher.shop.db
          .selectFrom('package_syncs')
          .select(['next_look_at', 'ended_at'])
          .where('package_id', '=', packageId)
          .executeTakeFirstOrThrow()
        return (next_look_at.getTime() - (ended_at?.getTime() ?? 0)) / 60_000
      }
      expect(await due()).toBe(360)

      await publisher.shop.db
        .updateTable('package_hooks')
        .set({ host_hook_id: null })
        .where('package_id', '=', packageId)
        .execute()
      const synced = await publisher.runs('sync_package', { package: name })

      expect(synced).toMatchObject({
        status: 'completed',
        result: { package: name, versions: [{ version: '1.0.0' }] },
      })
      expect(await due()).toBe(15)
    })
  },
)
