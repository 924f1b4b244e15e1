import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type LookAtRun, resumedRun, type RunSeen } from '#contracts/ids'
import { openIncidents, raiseForOperator } from '#domain/incidents'
import { leaseOpenRuns, lookSoon, readOperation, reportStatus, resumeIfLost } from '#domain/operations'
import { cancelOrder } from '#domain/orders'
import type { OperationId } from '#kernel/ids'
import { openLogger } from '#platform/logger'
import { inTransaction } from '#platform/transactions'
import { watchRuns } from '../../../src/relay/lost-runs.ts'
import { anOperation } from '../../support/an-operation.ts'
import { aDatabase } from '../../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  // each test looks at its own operation only
  await database.db
    .updateTable('operations')
    .set({ look_due_at: new Date('2100-01-01') })
    .execute()
})

/** An operation that has begun, whose run the outbox has started, and for which a look is due. */
async function aBegunOperation() {
  const operation = await anOperation(database.db)
  await operation.begin()
  await database.db.deleteFrom('outbox').execute()
  await operation
    .row()
    .set({ look_due_at: new Date(0) })
    .execute()
  const { workflowId } = await readOperation(database.db, operation.id)
  return { ...operation, workflowId }
}

/** A worker that looks at the runs; `logged` returns its messages of level error. */
function aWatch(seen: RunSeen | LookAtRun) {
  const lines: string[] = []
  const log = openLogger({ level: 'error', destination: { write: (line) => void lines.push(line) } })
  const lookAtRun: LookAtRun = typeof seen === 'function' ? seen : async () => seen
  const watch = watchRuns({ db: database.db, temporal: { lookAtRun, resumedRun }, log })
  return {
    errors: () => lines.length,
    look: async () => {
      await watch.look()
      await watch.stop()
    },
  }
}
const starts = () =>
  database.db.selectFrom('outbox').select('workflow_id').where('deed', '=', 'start').execute()
const rowOf = (id: OperationId) =>
  database.db
    .selectFrom('operations')
    .select(['status', 'attempt', 'revision'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()

const listed = async (id: OperationId) =>
  (await openIncidents(database.db)).filter(({ object }) => object === id).map(({ kind }) => kind)

test('a run whose row somebody writes just then stays due, and is seen by the next look', async () => {
  const { id, row, workflowId } = await aBegunOperation()
  const locked = Promise.withResolvers<void>()
  const written = Promise.withResolvers<void>()
  const writer = inTransaction(database.db, async (tx) => {
    await lookSoon(tx, workflowId)
    locked.resolve()
    await written.promise
  })
  await locked.promise

  const missed = await leaseOpenRuns(database.db, 10)
  written.resolve()
  await writer
  const next = await leaseOpenRuns(database.db, 10)

  expect([missed, next]).toEqual([[], [{ id, workflowId }]])
  await row()
    .set({ look_due_at: new Date('2100-01-01') })
    .execute()
})

test('two workers that find the same lost run at once start one run in its place', async () => {
  const { id, workflowId } = await aBegunOperation()
  const bothSaw = Promise.withResolvers<void>()
  let looks = 0
  const watching = {
    resumedRun,
    async lookAtRun(): Promise<RunSeen> {
      if (++looks === 2) bothSaw.resolve()
      await bothSaw.promise
      return { state: 'lost' }
    },
  }

  const at = new Date()
  const seen = await Promise.all([
    resumeIfLost(database.db, watching, { id, at }),
    resumeIfLost(database.db, watching, { id, at }),
  ])

  expect(seen.sort()).toEqual(['lives', 'resumed'])
  expect(await starts()).toEqual([{ workflow_id: `${workflowId}/2` }])
  expect(await rowOf(id)).toMatchObject({ status: 'running', attempt: 2 })
  expect(await readOperation(database.db, id)).toMatchObject({
    progress: 'It was interrupted on our side and goes on now.',
  })
})

test('a look at a run is leased to one worker, and a run that the outbox has to start is not looked at', async () => {
  const { id } = await aBegunOperation()
  const fresh = await anOperation(database.db)
  await fresh
    .row()
    .set({ look_due_at: new Date(0) })
    .execute()

  const leased = await Promise.all([leaseOpenRuns(database.db, 10), leaseOpenRuns(database.db, 10)])

  expect(leased.flat().map((run) => run.id)).toEqual([id])
})

test.for([
  ['does not answer in time', { state: 'unknown' }],
  ['has it', { state: 'lives', taskAttempt: 1 }],
] as const)('no run is started in the place of one when Temporal %s', async ([, seen]) => {
  const { id } = await aBegunOperation()

  await aWatch(seen).look()

  expect(await starts()).toEqual([])
  expect(await rowOf(id)).toMatchObject({ status: 'running', attempt: 1 })
})

test('an operation that ends while its run is looked at is not resumed', async () => {
  const { id, row } = await aBegunOperation()
  const ended = { status: 'cancelled', finished_at: new Date() } as const

  await aWatch(async () => {
    await row().set(ended).execute()
    return { state: 'lost' }
  }).look()

  expect(await starts()).toEqual([])
  expect(await rowOf(id)).toMatchObject({ status: 'cancelled', attempt: 1 })
})

test('a late report of a lost run changes nothing, and the next run counts on from the row', async () => {
  const { id } = await aBegunOperation()
  await aWatch({ state: 'lost' }).look()
  const { revision } = await rowOf(id)
  const report = (n: number, status: 'cancelled' | 'running') =>
    reportStatus(
      database.db,
      { operationId: id, revision: n, status, at: new Date().toISOString() },
      'https://market.example',
    )

  expect(await report(revision, 'cancelled')).toBe(revision)
  expect(await rowOf(id)).toMatchObject({ status: 'running' })
  expect(await report(revision + 1, 'cancelled')).toBeUndefined()
  expect(await rowOf(id)).toMatchObject({ status: 'cancelled' })
})

test('a run whose tasks keep failing is not restarted, but told to an operator once, until it moves', async () => {
  const { id } = await aBegunOperation()
  const again = () =>
    database.db
      .updateTable('operations')
      .set({ look_due_at: new Date(0) })
      .where('id', '=', id)
      .execute()
  const stuck = aWatch({ state: 'lives', taskAttempt: 7 })

  await stuck.look()
  await again()
  await stuck.look()
  expect(stuck.errors()).toBe(1)
  expect(await rowOf(id)).toMatchObject({ attempt: 1 })
  expect(await listed(id)).toEqual(['run_cannot_go_on'])

  await again()
  await aWatch({ state: 'lives', taskAttempt: 1 }).look()
  expect(await listed(id)).toEqual([])
})

test('a run that moves again leaves the entry of a failing step on the list', async () => {
  const { id, row } = await aBegunOperation()
  await raiseForOperator(database.db, { kind: 'run_stuck', object: id, at: new Date() })
  const again = () =>
    row()
      .set({ look_due_at: new Date(0) })
      .execute()

  await aWatch({ state: 'lives', taskAttempt: 7 }).look()
  await again()
  await aWatch({ state: 'lives', taskAttempt: 1 }).look()

  expect(await listed(id)).toEqual(['run_stuck'])
})

test('the undo of a late run does not touch an operation that was completed', async () => {
  const { id, row } = await aBegunOperation()
  await row().set({ status: 'completed', result: '{}', finished_at: new Date() }).execute()

  await cancelOrder(database.db, { operationId: id, at: new Date() })

  const undone = database.db.selectFrom('operations').select('undone_at').where('id', '=', id)
  expect(await undone.executeTakeFirstOrThrow()).toEqual({ undone_at: null })
})
