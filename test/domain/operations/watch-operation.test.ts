import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startAddPaymentMethod } from '#contracts/start-add-payment-method'
import {
  isOver,
  isRunning,
  type Operation,
  operationsOn,
  type Watch,
  watchOperation,
} from '#domain/operations'
import { orgForCustomer } from '#domain/orgs'
import { aRun } from '../../support/a-run.ts'
import { aDatabase } from '../../support/database.ts'
import { aPerson } from '../../support/mcp.ts'
import { noTemporal } from '../../support/no-temporal.ts'

/** Longer than any test takes. */
const FOR_LONG = 60_000

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())

/** A running operation and a watch of its owner. `seen` contains every row that the watch has read. */
async function aRunning() {
  const { db } = database
  const ann = await aPerson(db)
  const operations = operationsOn({ db, ...noTemporal, startOrJoinRun: async () => true })
  const { operation } = await operations.startOrJoin(startAddPaymentMethod, {
    key: 'a-card-for-acme',
    caller: { customer: ann.customer, scopes: [] },
    org: await orgForCustomer(db, ann.customer, ann.org.id),
    input: {},
    at: new Date(),
  })
  const seen: Operation[] = []
  const watch = ({ until = isOver, ...more }: Partial<Watch> = {}, on = db) =>
    watchOperation(on, {
      id: operation.id,
      customer: ann.customer,
      withinMs: FOR_LONG,
      ...more,
      until: (row) => seen.push(row) > 0 && until(row),
    })
  return { watch, seen, run: aRun(db, operation.id) }
}

describe('watching an operation', () => {
  test('a watch reads once when the operation is already in the wanted state', async () => {
    const { watch, seen } = await aRunning()

    expect(await watch({ until: isRunning })).toMatchObject({ status: 'running' })
    expect(seen).toHaveLength(1)
  })

  test('a watch returns the operation after another process changed it', async () => {
    const { watch, seen, run } = await aRunning()
    const watched = watch({ until: (row) => !isRunning(row) })
    await expect.poll(() => seen.length).toBeGreaterThan(0)

    await run.waits()

    expect(await watched).toMatchObject({ status: 'waiting_for_you', waitingFor: 'payment_method' })
  })

  test('a watch returns the current operation after its time limit, even when the limit is 0', async () => {
    const { watch, seen } = await aRunning()
    const since = performance.now()

    expect(await watch({ withinMs: 0 })).toMatchObject({ status: 'running' })
    expect(seen).toHaveLength(1)
    expect(await watch({ withinMs: 100 })).toMatchObject({ status: 'running' })
    expect(performance.now() - since).toBeGreaterThanOrEqual(100)
    expect(seen).toHaveLength(3)
  })

  test('fifty watches share one statement for each look, and all of them notice a change', async () => {
    const { watch, seen, run } = await aRunning()
    let statements = 0
    const counted = database.db.withPlugin({
      transformQuery: ({ node }) => ((statements += 1), node),
      transformResult: async ({ result }) => result,
    })
    const watches = Array.from({ length: 50 }, () => watch({ until: (row) => !isRunning(row) }, counted))
    // each read at the start and after the first look
    await expect.poll(() => seen.length, { timeout: 10_000 }).toBe(100)
    const before = statements
    await sleep(1_100)
    const looks = statements - before

    await run.waits()

    expect((await Promise.all(watches)).map(({ status }) => status)).toEqual(
      Array.from({ length: 50 }, () => 'waiting_for_you'),
    )
    expect(looks).toBeGreaterThan(0)
    expect(looks).toBeLessThanOrEqual(5)
  })

  test('an aborted watch ends and does not change the operation', async () => {
    const { watch, seen, run } = await aRunning()
    const hangUp = new AbortController()
    const watched = watch({ signal: hangUp.signal })
    await expect.poll(() => seen.length).toBeGreaterThan(0)

    hangUp.abort()

    expect(await watched).toMatchObject({ status: 'running' })
    expect(await run.row()).toMatchObject({ status: 'running' })
  })

  test('a watch refuses the operation of another customer', async () => {
    const { watch, seen } = await aRunning()
    const { customer } = await aPerson(database.db)

    await expect(watch({ customer })).rejects.toMatchObject({ code: 'operation_not_found' })
    expect(seen).toEqual([])
  })
})
