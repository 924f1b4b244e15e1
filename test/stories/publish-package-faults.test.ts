import { describe, expect } from 'vitest'
import { publisherTest } from '../support/a-publisher.ts'
import { timeSkippingServer } from '../support/a-shop.ts'
import { ALWAYS, failing, losingResultsOf, type Steps } from '../support/faults.ts'

const test = publisherTest({ skipsWaits: true })

const PUBLISHING = [
  'openPublications',
  'reachRepository',
  'readRepository',
  'createPackage',
  'installHook',
  'askForSync',
  'lookAtSync',
  'beginSync',
  'lookAtTags',
  'ingestTags',
  'endSync',
  'reportStatus',
] as const satisfies (keyof Steps)[]

/** The steps that can be undone, or that come before them. */
const BEFORE_THE_PIVOT = ['openPublications', 'reachRepository', 'readRepository', 'createPackage', 'installHook'] as const

describe.skipIf(!timeSkippingServer)('a step of a publication that fails', { timeout: 60_000 }, () => {
  test.for(PUBLISHING)('a repository is published once when the result of %s is lost once', async (step, { publisher }) => {
    await publisher.connects()
    const url = await publisher.repository({ tags: ['v1.0.0', '1.1.0'] })
    const before = await publisher.traces()
    const losing = losingResultsOf(step, 1)
    publisher.shop.breaks(losing)

    const operation = await publisher.runs('publish_package', { repositories: [url] })

    expect(losing.lost()).toBe(1)
    expect(operation).toMatchObject({
      status: 'completed',
      result: { repositories: [{ outcome: 'published', versions: [{ version: '1.1.0' }, { version: '1.0.0' }] }] },
    })
    const after = await publisher.traces()
    expect(after.packages).toHaveLength(before.packages.length + 1)
    expect(after.hooks).toHaveLength(before.hooks.length + 1)
  })

  test.for(BEFORE_THE_PIVOT.flatMap((step) => [[step, 'fails'], [step, 'loses its result']] as const))(
    'no package and no hook is left when %s always %s',
    async ([step, how], { publisher }) => {
      await publisher.connects()
      const url = await publisher.repository()
      const before = await publisher.traces()
      publisher.shop.breaks(how === 'fails' ? failing(step) : losingResultsOf(step, ALWAYS))

      const operation = await publisher.runs('publish_package', { repositories: [url] })

      expect(operation).toMatchObject({ status: 'failed', error: { code: 'temporarily_unavailable' } })
      expect(await publisher.traces()).toEqual(before)
    },
  )

  test.for(['deletePackage', 'removeHook'] as const)('an undo is repeated when the result of %s is lost', async (step, { publisher }) => {
    await publisher.connects()
    const url = await publisher.repository()
    const before = await publisher.traces()
    const [broken, losing] = [losingResultsOf('installHook', ALWAYS), losingResultsOf(step, 1)]
    publisher.shop.breaks((steps) => losing(broken(steps)))

    expect(await publisher.runs('publish_package', { repositories: [url] })).toMatchObject({ status: 'failed' })

    expect(losing.lost()).toBe(1)
    expect(await publisher.traces()).toEqual(before)
  })

  test.for(['lookAtTags', 'ingestTags'] as const)('a package stays published, and says why it has no version, when %s always fails', async (step, { publisher }) => {
    await publisher.connects()
    const url = await publisher.repository()
    publisher.shop.breaks(failing(step))

    const operation = await publisher.runs('publish_package', { repositories: [url] })

    expect(operation).toMatchObject({
      status: 'completed',
      result: { repositories: [{ outcome: 'published', versions: [], error: { code: 'temporarily_unavailable' } }] },
    })
  })

  test('nobody consents: after a day one mail reminds, and after 14 days it fails', async ({ publisher }) => {
    await publisher.disconnects()
    const url = await publisher.repository()
    const before = await publisher.traces()

    let operation = await publisher.runs('publish_package', { repositories: [url] })
    await expect
      .poll(
        async () =>
          (operation = await publisher.assistant.call('get_operation', { operation_id: operation.operation_id })).status,
        { timeout: 40_000, interval: 500 },
      )
      .toBe('failed')

    expect(operation).toMatchObject({ error: { code: 'access_was_not_granted' } })
    expect(await publisher.traces()).toEqual(before)
    const mails = await publisher.shop.db
      .selectFrom('mails')
      .select(['kind', 'to_address'])
      .where('key', '=', `git_consent_reminder:${operation.operation_id}`)
      .execute()
    expect(mails).toEqual([{ kind: 'git_consent_reminder', to_address: 'newvendor@example.test' }])
  })
})
