import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { VENDOR_TERMS_VERSION } from '#domain/vendors'
import { type Publisher, publisherTest } from '../support/a-publisher.ts'
import { untilItIsOver } from '../support/a-wait.ts'
import { away } from './away.ts'
import { recordOperation } from './record.ts'

const test = publisherTest({ skipsWaits: true })

async function runsLate({ assistant, shop }: Publisher, tool: string, input: object) {
  const started = assistant.call(tool, { ...input, idempotency_key: randomUUID() })
  const response = await untilItIsOver(assistant, started)
  shop.breaks()
  return response
}

const anApplication = ({ host }: Publisher) => ({
  slug: `v-${randomUUID().slice(0, 8)}`,
  name: 'Contoso Themes',
  website: 'https://themes.contoso.example',
  terms_version: VENDOR_TERMS_VERSION,
  host: new URL(host.url).host,
})

test('publish_package: not-consented-in-time', async ({ publisher }) => {
  const url = await publisher.repository()
  publisher.shop.breaks(away('lookForAccess', 3 * 24))
  const response = await runsLate(publisher, 'publish_package', { repositories: [url] })
  expect(response).toMatchObject({ status: 'failed', error: { code: 'access_was_not_granted' } })
  await recordOperation(publisher.shop, response.operation_id, 'not-consented-in-time')
})

test('bootstrap_vendor: not-consented-in-time', async ({ publisher }) => {
  const late = away('lookForGitHost', 3 * 24)
  let isAsked = false
  publisher.shop.breaks((steps) => ({
    ...steps,
    // the first look decides whether to wait
    async lookForGitHost(input) {
      return (isAsked ? late(steps) : steps).lookForGitHost(input)
    },
    async awaitGitHost(input) {
      isAsked = true
      return steps.awaitGitHost(input)
    },
  }))
  const response = await runsLate(publisher, 'bootstrap_vendor', anApplication(publisher))
  expect(response).toMatchObject({ status: 'failed', error: { code: 'access_was_not_granted' } })
  await recordOperation(publisher.shop, response.operation_id, 'not-consented-in-time')
})

test('bootstrap_vendor: not-approved-in-time', async ({ publisher }) => {
  await publisher.connects()
  publisher.shop.breaks(away('lookForVendorApproval', 31 * 24))
  const response = await runsLate(publisher, 'bootstrap_vendor', anApplication(publisher))
  expect(response).toMatchObject({ status: 'failed', error: { code: 'wait_expired' } })
  await recordOperation(publisher.shop, response.operation_id, 'not-approved-in-time')
})
