import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { randomUUID } from 'node:crypto'
import { Client, Connection } from '@temporalio/client'
import { NativeConnection, Worker } from '@temporalio/worker'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Activities, OpenedOrder } from '#activities'
import { packageNameAttribute, SEARCH_ATTRIBUTES } from '#contracts/messages'
import { mintId } from '#kernel/ids'
import { findTemporal } from '../../sandbox/engines/temporal-programs.ts'
import { NAMESPACE, startTemporal, type Temporal } from '../../sandbox/engines/temporal.ts'
// sets the log level of the SDK
import '../support/a-shop.ts'
import { optionalOutsideCi } from '../support/optional-outside-ci.ts'

const program = await optionalOutsideCi(findTemporal('.data/bin'))

/** The longest names that a vendor and a package may have. */
const nameOf = (i: number) => `${'v'.repeat(60)}/${'p'.repeat(190)}-${i}`

// the time-skipping server takes any size, so this needs the real one
describe.skipIf(!program)('a run on the real server', { timeout: 60_000 }, () => {
  let server: Temporal
  let connections: [Connection, NativeConnection]
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'published-'))
  beforeAll(async () => {
    server = await startTemporal(program ?? '', { dir, searchAttributes: SEARCH_ATTRIBUTES })
    const { address } = server
    connections = await Promise.all([Connection.connect({ address }), NativeConnection.connect({ address })])
  }, 60_000)
  afterAll(async () => {
    await Promise.all(connections.map((each) => each.close()))
    await server.stop()
    fs.rmSync(dir, { recursive: true })
  })

  test.for([20, 50])(
    'a purchase of %i packages with the longest names is found by the first of them, and ends',
    async (packages) => {
      const [connection, native] = connections
      const [taskQueue, workflowId] = [randomUUID(), randomUUID()]
      const worker = await Worker.create({
        connection: native,
        namespace: NAMESPACE,
        taskQueue,
        workflowBundle: { codePath: inject('workflowBundle') },
        activities: freeOrderOf(packages),
      })
      const client = new Client({ connection, namespace: NAMESPACE })

      const options = { workflowId, taskQueue, args: [{ operationId: idOf('op') }] }
      await worker.runUntil(client.workflow.execute('purchaseAndInstallPackage', options))

      const run = await client.workflow.getHandle(workflowId).describe()
      expect(run.status.name).toBe('COMPLETED')
      const found = run.typedSearchAttributes.get(packageNameAttribute) ?? []
      expect(found.length).toBeGreaterThan(5)
      expect(found).toEqual(Array.from({ length: found.length }, (_, i) => nameOf(i)))
    },
  )
})

const idOf = <Prefix extends string>(prefix: Prefix) => mintId(prefix, Date.now(), Math.random)

/** The steps of a purchase of free packages, without a database: only what the run publishes matters here. */
function freeOrderOf(packages: number) {
  const amount = { amountMinor: 0, currency: 'EUR' }
  const order: OpenedOrder = {
    id: idOf('ord'),
    lines: [{ id: idOf('lin'), position: 1, amount, isPaid: false }],
    packages: Array.from({ length: packages }, (_, i) => nameOf(i)),
    total: amount,
    needsCard: false,
  }
  const steps = {
    openOrder: async () => order,
    recheckPurchase: async () => {},
    settleLine: async () => {},
    deliverPurchase: async () => ({ order_id: order.id }) as never,
    reportStatus: async () => {},
  } satisfies Partial<Activities>
  return steps
}
