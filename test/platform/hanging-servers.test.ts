import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isOutOfReach, openDatabase } from '#platform/database'
import { openTemporal, type Temporal } from '#platform/temporal'
import { inTransaction } from '#platform/transactions'
import { aLineToDatabase, aSilentServer } from '../support/a-hanging-server.ts'
import { anEmptyDatabase } from '../support/database.ts'

const RUN = {
  workflowType: 'washCar',
  workflowId: 'wash_car/1',
  operationId: 'op_1',
  orgId: 'org_1',
} as never

/** How long it takes until a promise is settled, in ms, and with what. */
async function settled(work: Promise<unknown>) {
  const since = performance.now()
  const [result] = await Promise.allSettled([work])
  return { ms: performance.now() - since, ...result }
}

describe('a Temporal that accepts connections and answers nothing', () => {
  let server: Awaited<ReturnType<typeof aSilentServer>>
  let temporal: Temporal
  beforeAll(async () => {
    server = await aSilentServer()
    temporal = openTemporal({ address: server.address, namespace: 'packagento', callMs: 100 })
  })
  afterAll(async () => {
    await temporal.close()
    await server.close()
  })

  test.for([
    ['start', () => temporal.start(RUN)],
    ['startOrNudgeSync', () => temporal.startOrNudgeSync(RUN)],
    ['nudge', () => temporal.nudge('wash_car/1')],
    ['cancelRun', () => temporal.cancelRun('wash_car/1')],
  ] as const)('%s ends in time and is refused with temporarily_unavailable', async ([, call]) => {
    const { ms, ...result } = await settled(call())

    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'temporarily_unavailable' } })
    expect(ms).toBeLessThan(2_000)
  })

  test.for([
    ['a start that a call waits for', () => temporal.startOrJoinRun(RUN, 100)],
    ['the question whether Temporal is reachable', () => temporal.reachable()],
  ] as const)('%s ends in time with false', async ([, call]) => {
    const { ms, ...result } = await settled(call())

    expect(result).toEqual({ status: 'fulfilled', value: false })
    expect(ms).toBeLessThan(2_000)
  })
})

describe('a Postgres that hangs', () => {
  const patience = { connect: 300, lock: 200, statement: 200, answer: 300 }
  let line: Awaited<ReturnType<typeof aLineToDatabase>>
  let empty: Awaited<ReturnType<typeof anEmptyDatabase>>
  let database: ReturnType<typeof openDatabase>
  beforeAll(async () => {
    empty = await anEmptyDatabase()
    line = await aLineToDatabase(empty.url)
    database = openDatabase(line.url, { max: 1, patience })
  })
  afterAll(async () => {
    await database.close()
    await line.close()
    await empty.drop()
  })
  const ask = () => sql<{ one: number }>`select 1 as one`.execute(database.db)

  test('a statement, a transaction and a new connection end in time as an outage, and work again afterwards', async () => {
    await ask()
    const begun = Promise.withResolvers<void>()
    const hanging = Promise.withResolvers<void>()
    const transaction = settled(
      inTransaction(database.db, async (tx) => {
        await sql`select 1`.execute(tx)
        begun.resolve()
        await hanging.promise
        await sql`select 2`.execute(tx)
      }),
    )
    await begun.promise

    line.hangs()
    hanging.resolve()
    const inTheMiddle = await transaction
    const connecting = await settled(ask())
    line.works()

    for (const { ms, ...result } of [inTheMiddle, connecting]) {
      expect(result.status === 'rejected' && isOutOfReach(result.reason)).toBe(true)
      // a rollback on a connection that hangs would wait once more
      expect(ms).toBeLessThan(550)
    }
    expect((await ask()).rows).toEqual([{ one: 1 }])
  })

  test.for([
    ['statement', sql`select pg_sleep(5)`],
    ['lock', sql`select pg_advisory_lock(1)`],
  ] as const)('a %s that Postgres stops because it is too slow is an outage', async ([, statement]) => {
    const other = openDatabase(empty.url, { max: 1 })
    await sql`select pg_advisory_lock(1)`.execute(other.db)

    const result = await settled(statement.execute(database.db))
    await other.close()

    expect(result.status === 'rejected' && isOutOfReach(result.reason)).toBe(true)
  })
})
