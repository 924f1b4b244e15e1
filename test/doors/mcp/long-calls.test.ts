import { setTimeout as sleep } from 'node:timers/promises'
import type { KyselyPlugin } from 'kysely'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Db } from '#platform/database'
import type { Pace } from '../../../src/mcp/operations/wait.ts'
import { aRun, SOON } from '../../support/a-run.ts'
import { aDatabase } from '../../support/database.ts'
import { aMcpDoor, aPerson, type McpDoor } from '../../support/mcp.ts'
import { CLIENTS } from '../../support/mcp-clients.ts'

const TOOL = 'start_add_payment_method'
const INPUT = { idempotency_key: 'a-card-for-acme' }
const CARD = { payment_method: { id: 'pm_1', brand: 'visa', last4: '4242', is_default: true } }
/** Waits for much longer than a test takes. */
const LONG_WAIT = { ...SOON, longestMs: 9_000 }
/** Long enough for a busy machine. */
const BUSY_MACHINE = { timeout: 8_000 }

let database: Awaited<ReturnType<typeof aDatabase>>
let door: McpDoor
let counted: Db
let queries = 0
beforeAll(async () => {
  database = await aDatabase()
  const counting: KyselyPlugin = {
    transformQuery({ node }) {
      if (node.kind === 'SelectQueryNode') queries += 1
      return node
    },
    transformResult: async ({ result }) => result,
  }
  counted = database.db.withPlugin(counting)
  door = await aMcpDoor({ db: counted, pace: LONG_WAIT })
})
afterAll(async () => {
  await door.close()
  await database.close()
})

describe.for(CLIENTS)('an operation that a client of %s waits for', ([, connect]) => {
  /** A running call and the run that it started; `notices` are the progress notifications so far. */
  async function aCall({ listens = true, at = door } = {}) {
    const ann = await aPerson(database.db)
    const client = await connect(at, ann.token)
    onTestFinished(() => client.close())
    await client.listTools()
    const started = at.runs.length
    const notices: { progress: number; message?: string | undefined }[] = []
    const called = client.call(TOOL, INPUT, {
      ...(listens && { onprogress: ({ progress, message }) => void notices.push({ progress, message }) }),
    })
    called.catch(() => {})
    const { operationId } = await vi.waitUntil(() => at.runs[started], BUSY_MACHINE)
    return { ann, client, called, notices, run: aRun(database.db, operationId) }
  }
  async function aDoor(pace: Partial<Pace>) {
    const other = await aMcpDoor({ db: counted, pace: { ...LONG_WAIT, ...pace } })
    onTestFinished(() => other.close())
    return other
  }
  /** The number of queries in one second. A call that still waits makes four queries a second. */
  async function queriesInASecond() {
    const before = queries
    await sleep(1_000)
    return queries - before
  }
  const untilNotices = (notices: unknown[], count: number) =>
    vi.waitUntil(() => notices.length >= count, BUSY_MACHINE)

  test('a long call sends its progress and then its result', async () => {
    const { called, notices, run } = await aCall()
    await untilNotices(notices, 1)
    await run.step('lookForAddedCard')
    await untilNotices(notices, 4)
    await run.completes(CARD)

    const result = await called

    expect(result).toMatchObject({
      structuredContent: { operation_id: run.id, status: 'completed', result: CARD },
    })
    expect(result.isError).toBeFalsy()
    expect(notices.map(({ progress }) => progress)).toEqual(notices.map((_, i) => i + 1))
    expect(notices[0]?.message).toBe('Starting.')
    expect(notices.at(-1)?.message).toBe('Looking for the added card.')
  })

  test('a call whose operation fails returns an error, but get_operation returns the failure as a normal result', async () => {
    const { client, called, notices, run } = await aCall()
    await untilNotices(notices, 1)
    await run.fails({ code: 'wait_expired', message: 'Nobody came.' })

    expect(await called).toMatchObject({
      isError: true,
      structuredContent: { status: 'failed', error: { code: 'wait_expired' } },
    })
    const read = await client.call('get_operation', { operation_id: run.id })
    expect(read.structuredContent).toMatchObject({ status: 'failed', error: { code: 'wait_expired' } })
    expect(read.isError).toBeFalsy()
  })

  test('a long call returns at once when its operation waits for a person', async () => {
    const { called, notices, run } = await aCall()
    await untilNotices(notices, 2)
    await run.waits()
    const since = performance.now()

    expect(await called).toMatchObject({
      structuredContent: { status: 'waiting_for_you', next_action: { type: 'open_url' } },
    })
    expect(performance.now() - since).toBeLessThan(5_000)
  })

  test('a call returns with status running when its operation takes longer than clients wait', async () => {
    const [longestMs, noticeEveryMs] = [2_500, 60]
    const { called, notices, run } = await aCall({ at: await aDoor({ longestMs, noticeEveryMs }) })

    expect((await called).structuredContent).toMatchObject({ operation_id: run.id, status: 'running' })
    expect(notices.length).toBeGreaterThan(3)
    expect(notices.length).toBeLessThanOrEqual(longestMs / noticeEveryMs + 1)
  })

  test('a call without a progress token returns with status running at once', async () => {
    const { called, run } = await aCall({ listens: false })
    const since = performance.now()

    expect((await called).structuredContent).toMatchObject({
      operation_id: run.id,
      status: 'running',
      poll_after_ms: 2_000,
      next_action: { tool: 'get_operation', arguments: { operation_id: run.id } },
    })
    expect(performance.now() - since).toBeLessThan(5_000)
  })

  test('an operation goes on when the client hangs up; only the waiting ends', async () => {
    const { ann, client, called, notices, run } = await aCall({ at: await aDoor({ noticeEveryMs: 9_000 }) })
    await untilNotices(notices, 1)

    await client.close()
    await expect(called).rejects.toThrow(/closed|aborted/i)

    await expect.poll(queriesInASecond, { timeout: 6_000 }).toBe(0)
    expect(await run.row()).toMatchObject({ status: 'running' })
    await run.completes(CARD)
    const again = await connect(door, ann.token)
    const result = await again.call('get_operation', { operation_id: run.id })
    await again.close()
    expect(result.structuredContent).toMatchObject({ status: 'completed', result: CARD })
  })
})

test('a read tool returns at once and sends no progress', async () => {
  const ann = await aPerson(database.db)
  const client = await CLIENTS[1][1](door, ann.token)
  await client.call(TOOL, INPUT)
  const id = door.runs.at(-1)?.operationId
  const notices: unknown[] = []

  const result = await client.call(
    'get_operation',
    { operation_id: id },
    { onprogress: (notice) => void notices.push(notice) },
  )

  expect(result.structuredContent).toMatchObject({ status: 'running' })
  expect(notices).toEqual([])
  await client.close()
})
