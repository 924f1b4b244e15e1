import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import type { OperationId } from '#kernel/ids'
import { readOperation } from '#domain/operations'
import { approveVendor, declineVendor, VENDOR_TERMS_VERSION, withdrawApplication } from '#domain/vendors'
import { BOOTSTRAPPING, type Publisher, publisherTest } from '../support/a-publisher.ts'
import { looksAt } from '../support/an-applicant.ts'
import { timeSkippingServer } from '../support/a-shop.ts'
import { justBefore, losingResultsOf, refusing } from '../support/faults.ts'

const test = publisherTest()
const STORY = 'bootstrap_vendor'

/** An application for a new slug, at the Git host of the publisher. */
const anApplication = ({ host }: Publisher, slug = `v-${randomUUID().slice(0, 8)}`) => ({
  slug,
  name: 'Contoso Themes',
  website: 'https://themes.contoso.example',
  terms_version: VENDOR_TERMS_VERSION,
  host: new URL(host.url).host,
})

/** Starts the story without waiting for its end, because it waits for the operator. */
const starts = ({ assistant }: Publisher, input: object, key: string = randomUUID()) =>
  assistant.call(STORY, { ...input, idempotency_key: key })

const statusOf = ({ shop }: Publisher, id: OperationId) => readOperation(shop.db, id)

/** Waits until the operation waits for the operator. */
async function waitsForApproval(publisher: Publisher, id: OperationId) {
  await expect
    .poll(async () => (await statusOf(publisher, id)).progress, { timeout: 20_000, interval: 20 })
    .toContain('has to approve the vendor')
}

const over = async (publisher: Publisher, id: OperationId, status: string) => {
  await expect
    .poll(async () => (await statusOf(publisher, id)).status, { timeout: 20_000, interval: 20 })
    .toBe(status)
  return statusOf(publisher, id)
}
const approves = async ({ shop: { db } }: Publisher, slug: string) =>
  approveVendor(db, { ...(await looksAt(db, slug)), at: new Date() })

const vendorsNamed = ({ shop: { db } }: Publisher, slug: string) =>
  db.selectFrom('vendors').select(['id', 'approved_at', 'org_id']).where('slug', '=', slug).execute()

describe.skipIf(!timeSkippingServer)('bootstrap_vendor', { timeout: 60_000 }, () => {
  test('an org applies, a person connects the Git host, the operator approves, and the operation completes by itself', async ({
    publisher,
  }) => {
    await publisher.disconnects()
    const wanted = anApplication(publisher)

    const waiting = await publisher.runs(STORY, wanted)
    expect(waiting).toMatchObject({ status: 'waiting_for_you', next_action: { reason: 'git_consent' } })
    const { operation_id } = waiting
    await publisher.consents(operation_id)
    await waitsForApproval(publisher, operation_id)
    const shown = await publisher.assistant.call('get_operation', { operation_id })
    await approves(publisher, wanted.slug)
    await over(publisher, operation_id, 'completed')

    expect(shown).toMatchObject({ status: 'running', progress: expect.stringContaining('may take days') })
    expect(await publisher.assistant.call('get_operation', { operation_id })).toMatchObject({
      status: 'completed',
      result: {
        vendor: wanted.slug,
        status: 'approved',
        payable: false,
        git_integrations: [{ host: wanted.host, account: 'nils' }],
        next_steps: [
          expect.stringContaining('publish_package'),
          expect.stringContaining('cannot be sold yet'),
        ],
      },
    })
  })

  test('for an approved vendor with a connected host, the operation completes at once and needs no application', async ({
    publisher,
  }) => {
    await publisher.connects()
    const { host } = anApplication(publisher)

    const done = await publisher.runs(STORY, { slug: 'contoso', host })

    expect(done).toMatchObject({ status: 'completed', result: { vendor: 'contoso', status: 'approved' } })
  })

  test('a call that waits only for the operator returns at once, and the same key joins it', async ({
    publisher,
  }) => {
    await publisher.connects()
    const wanted = anApplication(publisher)
    const key = randomUUID()
    const began = performance.now()

    const first = await starts(publisher, wanted, key)

    expect(performance.now() - began).toBeLessThan(7_000)
    expect(first).toMatchObject({ status: 'running' })
    expect(await starts(publisher, wanted, key)).toMatchObject({
      operation_id: first.operation_id,
      replayed: true,
    })
    expect(await starts(publisher, { ...wanted, name: 'Another' }, key)).toMatchObject({
      error: { code: 'idempotency_key_reused' },
    })
    await publisher.assistant.call('cancel_operation', { operation_id: first.operation_id })
  })

  test.for(BOOTSTRAPPING)(
    'an org applies once when the result of %s is lost once',
    async (step, { publisher }) => {
      await publisher.disconnects()
      const wanted = anApplication(publisher)
      const losing = losingResultsOf(step, 1)
      publisher.shop.breaks(losing)

      const { operation_id } = await publisher.runs(STORY, wanted)
      await publisher.consents(operation_id)
      await waitsForApproval(publisher, operation_id)
      await approves(publisher, wanted.slug)
      const operation = await over(publisher, operation_id, 'completed')

      expect(losing.lost()).toBe(1)
      expect(operation.result).toMatchObject({ vendor: wanted.slug, status: 'approved' })
      expect(await vendorsNamed(publisher, wanted.slug)).toHaveLength(1)
    },
  )

  test.for(['lookForGitHost', 'awaitGitHost', 'describeStartedVendor'] as const)(
    'the application stays when %s is refused',
    async (step, { publisher }) => {
      if (step === 'describeStartedVendor') await publisher.connects()
      else await publisher.disconnects()
      const wanted = anApplication(publisher)
      publisher.shop.breaks(refusing(step))

      const { operation_id } = await starts(publisher, wanted)
      if (step === 'describeStartedVendor') await approves(publisher, wanted.slug)
      await over(publisher, operation_id, 'failed')

      expect(await vendorsNamed(publisher, wanted.slug)).toHaveLength(1)
    },
  )

  test('a declined application ends the operation with a code and without the reason, and the slug is free', async ({
    publisher,
  }) => {
    await publisher.connects()
    const wanted = anApplication(publisher)
    const { operation_id } = await starts(publisher, wanted)
    await waitsForApproval(publisher, operation_id)

    const reason = 'The website does not exist.'
    const { db } = publisher.shop
    await declineVendor(db, { ...(await looksAt(db, wanted.slug)), reason, at: new Date() })

    const { error } = await over(publisher, operation_id, 'failed')
    expect(error).toMatchObject({ code: 'application_declined', params: { vendor: wanted.slug } })
    expect(JSON.stringify(error)).not.toContain(reason)
    const again = await starts(publisher, wanted)
    await waitsForApproval(publisher, again.operation_id)
    await publisher.assistant.call('cancel_operation', { operation_id: again.operation_id })
  })

  test('a cancelled operation leaves the application open, other facts for it are refused, and a withdrawn application ends the operation', async ({
    publisher,
  }) => {
    await publisher.connects()
    const wanted = anApplication(publisher)
    const cancelled = await starts(publisher, wanted)
    await waitsForApproval(publisher, cancelled.operation_id)

    await publisher.assistant.call('cancel_operation', { operation_id: cancelled.operation_id })
    await over(publisher, cancelled.operation_id, 'cancelled')
    const [vendor] = await vendorsNamed(publisher, wanted.slug)
    const differing = [{ name: 'Contoso' }, { website: 'https://contoso.example' }]
    for (const other of differing) {
      const { operation_id } = await starts(publisher, { ...wanted, ...other })
      const { error } = await over(publisher, operation_id, 'failed')
      expect(error).toMatchObject({ code: 'application_differs', params: { vendor: wanted.slug } })
    }
    const second = await starts(publisher, { slug: wanted.slug, host: wanted.host })
    await waitsForApproval(publisher, second.operation_id)
    const { market, db } = publisher.shop
    const org = { id: market.org('contoso'), slug: 'contoso', name: 'Contoso', role: 'owner' as const }
    const by = { customer: market.person('newvendor') }
    await withdrawApplication(db, { by, org, id: vendor?.id ?? '', at: new Date() })

    expect(vendor).toMatchObject({ approved_at: null })
    expect((await over(publisher, second.operation_id, 'failed')).error?.code).toBe('application_withdrawn')
  })

  test('two operations for one slug at once share one application, and one approval completes both', async ({
    publisher,
  }) => {
    await publisher.connects()
    const wanted = anApplication(publisher)

    const both = await Promise.all([starts(publisher, wanted), starts(publisher, wanted)])
    for (const { operation_id } of both) await waitsForApproval(publisher, operation_id)
    await approves(publisher, wanted.slug)

    for (const { operation_id } of both) await over(publisher, operation_id, 'completed')
    expect(await vendorsNamed(publisher, wanted.slug)).toHaveLength(1)
  })

  test('a refused application ends the operation, and no vendor is stored', async ({ publisher }) => {
    const wanted = anApplication(publisher)
    const refused = async (input: object) => {
      const { operation_id } = await starts(publisher, input)
      return (await over(publisher, operation_id, 'failed')).error?.code
    }

    expect(await refused({ ...wanted, slug: 'magento' })).toBe('vendor_slug_reserved')
    expect(await refused({ ...wanted, slug: 'northwind' })).toBe('vendor_slug_taken')
    expect(await refused({ slug: wanted.slug, host: wanted.host })).toBe('application_incomplete')
    expect(await vendorsNamed(publisher, wanted.slug)).toEqual([])
  })

  test('a person who loses the role before the first step applies for nothing', async ({ publisher }) => {
    const { db, market } = publisher.shop
    const wanted = anApplication(publisher)
    const member = db
      .updateTable('org_members')
      .where('org_id', '=', market.org('contoso'))
      .where('customer_id', '=', market.person('newvendor'))
    const lose = () => member.set({ role: 'developer' }).execute()
    publisher.shop.breaks(justBefore('openVendorApplication', lose))

    const { operation_id } = await starts(publisher, wanted)
    const { error } = await over(publisher, operation_id, 'failed')
    await member.set({ role: 'owner' }).execute()

    expect(error?.code).toBe('not_allowed')
    expect(await vendorsNamed(publisher, wanted.slug)).toEqual([])
  })
})
