import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { OperationId, PackageId } from '#kernel/ids'
import { readOperation } from '#domain/operations'
import { aName, outcomesOf, type Publisher, publisherTest } from '../support/a-publisher.ts'
import type { ToolResponse } from '../support/a-shop.ts'
import { type Fault, refusing } from '../support/faults.ts'
import { recordOperation, recordRun } from './record.ts'

const test = publisherTest()

const recordAs = ({ shop }: Publisher, { operation_id }: ToolResponse, branch: string) =>
  recordOperation(shop, operation_id, branch)
const publish = (publisher: Publisher, repositories: string[], more: object = {}) =>
  publisher.runs('publish_package', { repositories, ...more })
const statusOf = async ({ shop }: Publisher, id: OperationId) => (await readOperation(shop.db, id)).status
const becomes = (publisher: Publisher, { operation_id }: ToolResponse, status: string) =>
  expect.poll(() => statusOf(publisher, operation_id), { timeout: 20_000 }).toBe(status)

async function published(publisher: Publisher) {
  await publisher.connects()
  const operation = await publish(publisher, [await publisher.repository()])
  const [outcome] = outcomesOf(operation) as { package_id: PackageId; package: string }[]
  if (!outcome) throw new Error('nothing was published')
  return { operation, name: outcome.package, run: { workflowId: `sync/${outcome.package_id}` } }
}

test('publish_package: published, published-before; follow_tags: looked', async ({ publisher }) => {
  await publisher.connects()
  const url = await publisher.repository({ tags: ['v1.0.0', 'nightly'] })
  const first = await publish(publisher, [url])
  const [{ package_id: id }] = outcomesOf(first) as [{ package_id: PackageId }]
  await recordAs(publisher, first, 'published')
  await recordRun(publisher.shop, { workflowId: `sync/${id}` }, 'looked')
  await recordAs(publisher, await publish(publisher, [url]), 'published-before')
})

test('publish_package: dry-run', async ({ publisher }) => {
  await publisher.connects()
  const dryRun = await publish(publisher, [await publisher.repository()], { dry_run: true })
  await recordAs(publisher, dryRun, 'dry-run')
})

test('publish_package: one-of-two-refused', async ({ publisher }) => {
  await publisher.connects()
  const broken = await publisher.repository({ files: { 'README.md': '# No manifest' } })
  const response = await publish(publisher, [broken, await publisher.repository({ name: aName() })])
  expect(outcomesOf(response)).toMatchObject([{ outcome: 'refused' }, { outcome: 'published' }])
  await recordAs(publisher, response, 'one-of-two-refused')
})

test('publish_package: hook-refused', async ({ publisher }) => {
  await publisher.connects()
  publisher.shop.breaks(refusing('installHook'))
  const response = await publish(publisher, [await publisher.repository()])
  expect(response.status).toBe('failed')
  await recordAs(publisher, response, 'hook-refused')
})

test.for(['published-after-consent', 'cancelled-before-consent'])(
  'publish_package: %s',
  async (branch, { publisher }) => {
    await publisher.disconnects()
    const waiting = await publish(publisher, [await publisher.repository()])
    expect(waiting.status).toBe('waiting_for_you')
    const isCancelled = branch.startsWith('cancelled')
    if (isCancelled)
      await publisher.assistant.call('cancel_operation', { operation_id: waiting.operation_id })
    else await publisher.consents(waiting.operation_id)
    await becomes(publisher, waiting, isCancelled ? 'cancelled' : 'completed')
    await recordAs(publisher, waiting, branch)
  },
)

test.for(['consented', 'cancelled'])('start_git_integration: %s', async (branch, { publisher }) => {
  const host = new URL(publisher.host.url).host
  const waiting = await publisher.runs('start_git_integration', { host })
  if (branch === 'consented') await publisher.consents(waiting.operation_id)
  else await publisher.assistant.call('cancel_operation', { operation_id: waiting.operation_id })
  await becomes(publisher, waiting, branch === 'consented' ? 'completed' : 'cancelled')
  await recordAs(publisher, waiting, branch)
})

test('sync_package: looked, refused', async ({ publisher }) => {
  const { name } = await published(publisher)
  await recordAs(publisher, await publisher.runs('sync_package', { package: name }), 'looked')
  publisher.shop.breaks(refusing('beginPackageSync'))
  await recordAs(publisher, await publisher.runs('sync_package', { package: name }), 'refused')
})

test('follow_tags: refused-by-the-host', async ({ publisher }) => {
  const { name, run } = await published(publisher)
  publisher.shop.breaks(refusing('lookAtTags'))
  await publisher.runs('sync_package', { package: name })
  await recordRun(publisher.shop, run, 'refused-by-the-host')
})

test.for([
  ['asked-again', 2],
  ['continued-as-new', 30],
] as const)('follow_tags: %s', async ([branch, looks], { publisher }) => {
  const { name, run } = await published(publisher)
  publisher.shop.breaks(askedAgain(looks))
  await publisher.assistant.call('sync_package', { package: name, idempotency_key: randomUUID() })
  const handle = publisher.shop.workflows.getHandle(run.workflowId)
  const closed = async () => (await handle.describe()).status.name
  await expect.poll(closed, { timeout: 40_000 }).toBe('COMPLETED')
  const [started] = (await handle.fetchHistory()).events ?? []
  const runId = started?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId
  expect(Boolean(runId)).toBe(branch === 'continued-as-new')
  await recordRun(publisher.shop, { ...run, ...(runId && { runId }) }, branch)
})

/** While it looks at the tags for the first `looks - 1` times, somebody asks for another look. */
function askedAgain(looks: number): Fault {
  let left = looks
  return (steps) => ({
    ...steps,
    beginSync: async (input) => (await steps.beginSync(input)) ?? { asked: 1 },
    async endSync(input) {
      const ended = await steps.endSync(input)
      left--
      return left > 0 ? { ...ended, isAskedAgain: true } : ended
    },
  })
}
