import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { readOperation } from '#domain/operations'
import { approveVendor, declineVendor, VENDOR_TERMS_VERSION } from '#domain/vendors'
import { type Publisher, publisherTest } from '../support/a-publisher.ts'
import { looksAt } from '../support/an-applicant.ts'
import type { ToolResponse } from '../support/a-shop.ts'
import { recordOperation } from './record.ts'

const test = publisherTest()

async function applies(publisher: Publisher) {
  const slug = `v-${randomUUID().slice(0, 8)}`
  const application = {
    slug,
    name: 'Contoso Themes',
    website: 'https://themes.contoso.example',
    terms_version: VENDOR_TERMS_VERSION,
    host: new URL(publisher.host.url).host,
  }
  const input = { ...application, idempotency_key: randomUUID() }
  return { slug, started: await publisher.assistant.call('bootstrap_vendor', input) }
}

const row = ({ shop }: Publisher, { operation_id }: ToolResponse) => readOperation(shop.db, operation_id)
const becomes = (publisher: Publisher, started: ToolResponse, status: string) =>
  expect.poll(async () => (await row(publisher, started)).status, { timeout: 20_000 }).toBe(status)
const waitsForApproval = (publisher: Publisher, started: ToolResponse) =>
  expect
    .poll(async () => (await row(publisher, started)).progress, { timeout: 20_000 })
    .toContain('has to approve the vendor')

test('bootstrap_vendor: approved-after-consent', async ({ publisher }) => {
  await publisher.disconnects()
  const { slug, started } = await applies(publisher)
  await becomes(publisher, started, 'waiting_for_you')
  await publisher.consents(started.operation_id)
  await waitsForApproval(publisher, started)
  const { db } = publisher.shop
  await approveVendor(db, { ...(await looksAt(db, slug)), at: new Date() })
  await becomes(publisher, started, 'completed')
  await recordOperation(publisher.shop, started.operation_id, 'approved-after-consent')
})

test('bootstrap_vendor: declined', async ({ publisher }) => {
  await publisher.connects()
  const { slug, started } = await applies(publisher)
  await waitsForApproval(publisher, started)
  const { db } = publisher.shop
  await declineVendor(db, { ...(await looksAt(db, slug)), reason: 'No website.', at: new Date() })
  await becomes(publisher, started, 'failed')
  await recordOperation(publisher.shop, started.operation_id, 'declined')
})

test('bootstrap_vendor: cancelled', async ({ publisher }) => {
  await publisher.connects()
  const { started } = await applies(publisher)
  await waitsForApproval(publisher, started)
  await publisher.assistant.call('cancel_operation', { operation_id: started.operation_id })
  await becomes(publisher, started, 'cancelled')
  await recordOperation(publisher.shop, started.operation_id, 'cancelled')
})
