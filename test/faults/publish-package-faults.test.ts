import { describe, expect } from 'vitest'
import { VENDOR_TERMS_VERSION } from '#domain/vendors'
import { outcomesOf, PUBLISHING, publisherTest } from '../support/a-publisher.ts'
import { timeSkippingServer } from '../support/a-shop.ts'
import { explained } from '../support/a-stalled-operation.ts'
import { ALWAYS, losingResultsOf, refusing, together, withoutPauses } from '../support/faults.ts'

const test = publisherTest({ skipsWaits: true })

describe.skipIf(!timeSkippingServer)('a step of a publication that fails', { timeout: 120_000 }, () => {
  test('a repository is published once when the result of each step is lost once', async ({ publisher }) => {
    await publisher.connects()
    const url = await publisher.repository({ tags: ['v1.0.0', '1.1.0'] })
    const before = await publisher.traces()
    const losing = PUBLISHING.map((step) => losingResultsOf(step, 1))
    publisher.shop.breaks(together(...losing))

    const operation = await publisher.runs('publish_package', { repositories: [url] })

    expect(losing.map(({ lost }) => lost())).toEqual(PUBLISHING.map(() => 1))
    expect(operation).toMatchObject({
      status: 'completed',
      result: {
        repositories: [{ outcome: 'published', versions: [{ version: '1.1.0' }, { version: '1.0.0' }] }],
      },
    })
    const after = await publisher.traces()
    expect(after.packages).toHaveLength(before.packages.length + 1)
    expect(after.hooks).toHaveLength(before.hooks.length + 1)
  })

  test.for([
    'openPublications',
    'reachRepository',
    'readRepository',
    'createPackage',
    'installHook',
  ] as const)('nothing is left when %s is refused', async (step, { publisher }) => {
    await publisher.connects()
    const url = await publisher.repository()
    const before = await publisher.traces()
    publisher.shop.breaks(refusing(step))

    const operation = await publisher.runs('publish_package', { repositories: [url] })

    expect(operation).toMatchObject({ status: 'failed', error: { code: 'repository_not_accessible' } })
    expect(await publisher.traces()).toEqual(before)
  })

  test('no package is left when the result of createPackage is always lost', async ({ publisher }) => {
    await publisher.connects()
    const url = await publisher.repository()
    const before = await publisher.traces()
    publisher.shop.breaks(withoutPauses(losingResultsOf('createPackage', ALWAYS)))

    const operation = await publisher.runs('publish_package', { repositories: [url] })

    expect(operation).toMatchObject({ status: 'failed', error: { code: 'temporarily_unavailable' } })
    expect(operation.error?.message).toBe(
      'It did not work because of a fault on our side; nothing of it was published.',
    )
    expect(await publisher.traces()).toEqual(before)
  })

  test('no package and no hook is left when the results of installHook and of its undos are lost', async ({
    publisher,
  }) => {
    await publisher.connects()
    const url = await publisher.repository()
    const before = await publisher.traces()
    const broken = losingResultsOf('installHook', ALWAYS)
    const undos = [losingResultsOf('deletePackage', 1), losingResultsOf('removeHook', 1)]
    publisher.shop.breaks(together(withoutPauses(broken), ...undos))

    expect(await publisher.runs('publish_package', { repositories: [url] })).toMatchObject({
      status: 'failed',
    })

    expect(undos.map(({ lost }) => lost())).toEqual([1, 1])
    expect(await publisher.traces()).toEqual(before)
  })

  test.for(['lookAtTags', 'ingestTags'] as const)(
    'a package stays published, and says why it has no version, when %s is refused',
    async (step, { publisher }) => {
      await publisher.connects()
      const url = await publisher.repository()
      publisher.shop.breaks(refusing(step))

      const operation = await publisher.runs('publish_package', { repositories: [url] })

      expect(operation).toMatchObject({
        status: 'completed',
        result: {
          repositories: [
            { outcome: 'published', versions: [], error: { code: 'repository_not_accessible' } },
          ],
        },
      })
    },
  )

  test('each wait ends once when the results of its steps are lost once', async ({ publisher }) => {
    await publisher.disconnects()
    const losing = (
      ['beginGitWait', 'lookForGitIntegration', 'awaitConsent', 'lookForAccess', 'beginPackageSync'] as const
    ).map((step) => losingResultsOf(step, 1))
    publisher.shop.breaks(together(...losing))

    await publisher.connects()
    await publisher.disconnects()
    const url = await publisher.repository()
    const { operation_id } = await publisher.runs('publish_package', { repositories: [url] })
    await publisher.consents(operation_id)
    const operation = () => publisher.assistant.call('get_operation', { operation_id, wait_ms: 5_000 })
    const completed = async () =>
      await expect.poll(async () => (await operation()).status, { timeout: 20_000 }).toBe('completed')
    await explained(publisher.shop, operation_id, completed)
    const [published] = outcomesOf(await operation())
    const synced = await publisher.runs('sync_package', { package: published?.['package'] })

    expect(synced).toMatchObject({ status: 'completed', result: { versions: [{ version: '1.0.0' }] } })
    expect(losing.map(({ lost }) => lost())).toEqual(losing.map(() => 1))
  })

  test('nobody consents: after a day one mail reminds, and after 14 days it fails', async ({ publisher }) => {
    await publisher.disconnects()
    const url = await publisher.repository()
    const before = await publisher.traces()

    let operation = await publisher.runs('publish_package', { repositories: [url] })
    const { operation_id } = operation
    const status = async () =>
      (operation = await publisher.assistant.call('get_operation', { operation_id })).status
    const failed = async () => await expect.poll(status, { timeout: 100_000, interval: 500 }).toBe('failed')
    await explained(publisher.shop, operation_id, failed)

    expect(operation).toMatchObject({ error: { code: 'access_was_not_granted' } })
    // a sync of an earlier test may have had a job before
    expect(await publisher.traces()).toEqual({ ...before, jobs: [] })
    const mails = await publisher.shop.db
      .selectFrom('mails')
      .select(['kind', 'to_address'])
      .where('key', '=', `git_consent_reminder:${operation.operation_id}`)
      .execute()
    expect(mails).toEqual([{ kind: 'git_consent_reminder', to_address: 'newvendor@example.test' }])
  })

  test('when nobody decides about an application for 30 days, the story fails, and the application stays open', async ({
    publisher,
  }) => {
    await publisher.connects()
    const { db, breaks } = publisher.shop
    // the wait lasts one hour here, because in 30 days the story would look 500 times
    breaks((steps) => ({
      ...steps,
      async openVendorApplication(step) {
        const { approvalUntil } = await steps.openVendorApplication(step)
        expect(Date.parse(approvalUntil) - Date.parse(step.at)).toBe(30 * 24 * 60 * 60_000)
        return { approvalUntil: new Date(Date.parse(step.at) + 60 * 60_000).toISOString() }
      },
    }))
    const slug = 'contoso-themes'
    const application = { slug, name: 'Contoso Themes', website: 'https://contoso.example' }
    const host = new URL(publisher.host.url).host

    const { operation_id } = await publisher.assistant.call('bootstrap_vendor', {
      ...application,
      terms_version: VENDOR_TERMS_VERSION,
      host,
      idempotency_key: 'a-vendor-for-nobody',
    })
    const status = async () => (await publisher.assistant.call('get_operation', { operation_id })).status
    const failed = async () => await expect.poll(status, { timeout: 40_000, interval: 500 }).toBe('failed')
    await explained(publisher.shop, operation_id, failed)

    const { error } = await publisher.assistant.call('get_operation', { operation_id })
    expect(error).toMatchObject({ code: 'wait_expired', message: expect.stringContaining('30 days') })
    expect(await db.selectFrom('vendors').select('approved_at').where('slug', '=', slug).execute()).toEqual([
      { approved_at: null },
    ])
  })
})
