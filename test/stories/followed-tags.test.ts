import { describe, expect } from 'vitest'
import { type Publisher, publish, publisherTest } from '../support/a-publisher.ts'
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

    test('a run that reads 5,000 tags stays below a tenth of the limits of its history', async ({
      publisher,
    }) => {
      await publisher.connects()
      const url = await publisher.repository({ tags: Array.from({ length: 26 }, (_, i) => `1.${i}.0`) })

      const { package_id: id } = (await publish(publisher, url)) as { package_id: string }

      const { events } = await publisher.shop.workflows.getHandle(`sync/${id}`).fetchHistory()
      const history = events ?? []
      const [first = 0, second = 0, ...others] = history.flatMap((event, at) =>
        event.activityTaskScheduledEventAttributes?.activityType?.name === 'ingestTags' ? [at] : [],
      )
      expect([first > 0, second > first, others]).toEqual([true, true, []])
      const batches = 200
      expect(history.length + batches * (second - first)).toBeLessThan(5_120)
      // the JSON is larger than the stored history
      expect(batches * JSON.stringify(history.slice(0, second)).length).toBeLessThan(5 * 2 ** 20)
    })

    test('an access that ends before it is used is shown as broken, and another consent completes the publication', async ({
      publisher,
    }) => {
      await publisher.disconnects()
      const url = await publisher.repository()
      const { operation_id } = await publisher.runs('publish_package', { repositories: [url] })
      let isRevoked = false
      publisher.shop.breaks((steps) => ({
        ...steps,
        async lookForAccess(input) {
          if (!isRevoked && (await stateOf(publisher)).length) {
            isRevoked = true
            await publisher.host.sim('POST revoke', { user: 'nils' })
          }
          return steps.lookForAccess(input)
        },
      }))

      await publisher.consents(operation_id)

      await expect.poll(() => stateOf(publisher), { timeout: 20_000 }).toEqual(['broken'])
      const operation = () => publisher.assistant.call('get_operation', { operation_id, wait_ms: 5_000 })
      expect(await operation()).toMatchObject({
        status: 'waiting_for_you',
        next_action: { type: 'open_url', reason: 'git_consent' },
      })
      await publisher.consents(operation_id)
      await expect.poll(async () => (await operation()).status, { timeout: 20_000 }).toBe('completed')
      expect(await stateOf(publisher)).toEqual(['connected'])
    })

    test('a look at the tags notices that the access has ended and says what to do, and a new consent repairs it', async ({
      publisher,
    }) => {
      await publisher.connects()
      const { package: name } = (await publish(publisher, await publisher.repository())) as {
        package: string
      }
      await publisher.host.sim('POST revoke', { user: 'nils' })

      const refused = await publisher.runs('sync_package', { package: name })

      expect(refused).toMatchObject({
        status: 'completed',
        result: {
          versions: [{ version: '1.0.0' }],
          error: { code: 'git_not_connected', next_step: expect.stringContaining('start_git_integration') },
        },
      })
      expect(await stateOf(publisher)).toEqual(['broken'])
      const page = await (await publisher.shop.visitor('newvendor')).get('/account/git')
      expect(page.body).toContain('broken: the host refuses our access')
      await publisher.connects()
      const healed = await publisher.runs('sync_package', { package: name })
      expect(healed).toMatchObject({ status: 'completed', result: { versions: [{ version: '1.0.0' }] } })
      expect(healed.result).not.toHaveProperty('error')
    })
  },
)

/** The states of the org's integrations, as an assistant sees them. */
async function stateOf(publisher: Publisher): Promise<unknown[]> {
  const listed = await publisher.assistant.call('list_git_integrations', {})
  return (listed as unknown as { items: { state: string }[] }).items.map(({ state }) => state)
}
