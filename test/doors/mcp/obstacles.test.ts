import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FindObstacle, type Operation, withObstacle } from '#domain/operations'
import { openTemporal, type Temporal } from '#platform/temporal'
import { aSilentServer } from '../../support/a-hanging-server.ts'
import { aRun } from '../../support/a-run.ts'
import { aDatabase } from '../../support/database.ts'
import { aMcpDoor, aPerson, called, type Person } from '../../support/mcp.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let ann: Person
beforeAll(async () => {
  database = await aDatabase()
  ann = await aPerson(database.db)
})
afterAll(() => database.close())

describe('a Temporal that accepts connections and answers nothing', () => {
  let server: Awaited<ReturnType<typeof aSilentServer>>
  let temporal: Temporal
  let door: Awaited<ReturnType<typeof aMcpDoor>>
  beforeAll(async () => {
    server = await aSilentServer()
    temporal = openTemporal({ address: server.address, namespace: 'packagento', callMs: 100 })
    const startOrJoinRun: Temporal['startOrJoinRun'] = (run) => temporal.startOrJoinRun(run, 100)
    door = await aMcpDoor({ db: database.db, ...temporal, startOrJoinRun })
  })
  afterAll(async () => {
    await door.close()
    await temporal.close()
    await server.close()
  })
  const start = () => called(door, ann, 'start_add_payment_method', { idempotency_key: randomUUID() })

  test('a started story is accepted, and its caller reads that it cannot go on now and will by itself', async () => {
    const started = await start()

    expect(started).toMatchObject({
      status: 'running',
      progress: expect.stringMatching(/accepted.*cannot be reached.*goes on by itself/),
      next_action: { tool: 'get_operation' },
    })
  })

  test('an operation that has not begun is cancelled without Temporal', async () => {
    const { operation_id } = await start()

    expect(await called(door, ann, 'cancel_operation', { operation_id })).toMatchObject({
      status: 'cancelled',
    })
  })

  test('the cancellation of an operation that has begun is accepted, and nobody is led to pay for it any more', async () => {
    const { operation_id } = await start()
    await aRun(database.db, operation_id as never).waits()

    const answer = await called(door, ann, 'cancel_operation', { operation_id })

    expect(answer).toMatchObject({
      status: 'waiting_for_you',
      progress: 'We are cancelling it.',
      next_action: { tool: 'get_operation' },
    })
    expect(JSON.stringify(answer)).not.toContain('/o/')
  })
})

test('only who publishes reads that nobody reads repositories', async () => {
  const obstacle: FindObstacle = async (queue) => (queue === 'git-ingest' ? 'no_worker' : undefined)
  const operation = { status: 'running', progress: 'Starting.' } as Operation

  const [published, looked, bought] = await Promise.all(
    ['publish_package', 'sync_package', 'checkout_cart'].map((story) =>
      withObstacle({ ...operation, story }, obstacle),
    ),
  )

  for (const each of [published, looked])
    expect(each?.progress).toMatch(/^Starting\. .*no worker reads repositories.*goes on by itself/)
  expect(bought?.progress).toBe('Starting.')
})

test('a caller reads that an operation waits for a worker and goes on by itself', async () => {
  const door = await aMcpDoor({ db: database.db, obstacle: async () => 'no_worker' })

  const started = await called(door, ann, 'start_add_payment_method', { idempotency_key: randomUUID() })
  const { operation_id } = started
  const looked = await called(door, ann, 'get_operation', { operation_id })

  for (const { progress } of [started, looked])
    expect(progress).toMatch(/no worker is running.*goes on by itself.*do not start it again/)
  await door.close()
})
