import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { revokeConnection } from '#domain/connections'
import { counterOf } from '#platform/minute-counter'
import { TASKS } from '../../../src/mcp/transport/capabilities.ts'
import { tokenGuard } from '../../../src/mcp/transport/token-guard.ts'
import { aDatabase } from '../../support/database.ts'
import { aMcpDoor, aPerson, type McpDoor, modern, older, type Person, send } from '../../support/mcp.ts'
import { inputFor } from '../../support/tool-inputs.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let door: McpDoor
let ann: Person
let clock: Date
beforeAll(async () => {
  database = await aDatabase()
  door = await aMcpDoor({ db: database.db, now: () => clock })
})
afterAll(async () => {
  await door.close()
  await database.close()
})
beforeEach(async () => {
  clock = new Date()
  ann = await aPerson(database.db)
})

const letPass = (seconds: number) => (clock = new Date(clock.getTime() + seconds * 1000))
const calls = (tool: string, { token } = ann) =>
  send(door, { token, ...older('tools/call', { name: tool, arguments: inputFor(tool) }) })

/** Sends up to 100 calls in one request, as old clients may; returns the refusals in the order of the calls. */
async function callsAtOnce(tool: string, many: number) {
  const body = Array.from({ length: many }, (_, i) => ({
    ...(older('tools/call', { name: tool, arguments: inputFor(tool) }).body as object),
    id: i + 1,
  }))
  const { text } = await send(door, { token: ann.token, body })
  const answers = [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => data)
  const idIn = (data: string) => (JSON.parse(data) as { id: number }).id
  return answers.toSorted((a, b) => idIn(a) - idIn(b)).map(refusalIn)
}

function refusalIn(data: string | undefined): Record<string, unknown> | undefined {
  const { result } = JSON.parse(data ?? '') as { result: { isError?: boolean; content: { text: string }[] } }
  return result.isError
    ? (JSON.parse(result.content.at(-1)?.text ?? '') as { error: Record<string, unknown> }).error
    : undefined
}
const refused = async (answer: ReturnType<typeof send>) => refusalIn(JSON.stringify((await answer).rpc()))

describe('a connection that calls too often', () => {
  test('a connection may make 240 calls a minute, also several in one request', async () => {
    const errors = [...(await callsAtOnce('whoami', 100)), ...(await callsAtOnce('whoami', 100))]
    errors.push(...(await callsAtOnce('whoami', 40)))
    letPass(20)

    expect(errors.filter((error) => error === undefined)).toHaveLength(240)
    expect(await refused(calls('whoami'))).toEqual({
      code: 'rate_limited',
      message: 'This connection has used up its 240 calls of this kind a minute.',
      next_step: 'Wait for retry_after_ms, then call again with the same input.',
      retryable: true,
      retry_after_ms: 40_000,
    })
    expect(await refused(calls('whoami', await aPerson(database.db)))).toBeUndefined()
    letPass(40)
    expect(await refused(calls('whoami'))).toBeUndefined()
  })

  test.for([
    ['create_project_token', 'project_not_found'],
    ['start_add_payment_method', undefined],
  ] as const)(
    'a connection may call %s 30 times a minute, and read tools after that',
    async ([tool, code]) => {
      const errors = await callsAtOnce(tool, 31)

      expect(errors.map((error) => error?.code)).toEqual([
        ...Array.from({ length: 30 }, () => code),
        'rate_limited',
      ])
      expect(errors.at(-1)).toMatchObject({ retryable: true, retry_after_ms: 60_000 })
      expect(await refused(calls('whoami'))).toBeUndefined()
    },
  )

  test('calls beyond the limit are not in the audit log', async () => {
    await callsAtOnce('create_project_token', 40)

    const events = await database.db
      .selectFrom('audit_events')
      .select('body')
      .where('chain', '=', `org:${ann.org.id}`)
      .execute()
    expect(events.map(({ body }) => (JSON.parse(body) as { code: string }).code)).toEqual(
      Array.from({ length: 30 }, () => 'project_not_found'),
    )
  })

  test('a connection that has used up its calls can neither list tools nor ask for tasks', async () => {
    for (const many of [100, 100, 40]) await callsAtOnce('whoami', many)
    const capabilities = { extensions: { [TASKS]: {} } }

    const list = await send(door, { token: ann.token, ...older('tools/list') })
    const task = await send(door, {
      token: ann.token,
      ...modern('tasks/get', { taskId: 'op_1' }, { capabilities }),
    })

    expect([list.status, list.headers['retry-after'], list.rpc().error?.code]).toEqual([429, '60', -32000])
    expect(task.rpc().error).toMatchObject({ code: -32000, data: { retry_after_ms: 60_000 } })
  })
})

describe('a connection with a small limit', () => {
  const BUY = { name: 'purchase_and_install_package', arguments: inputFor('purchase_and_install_package') }

  /** A door that allows three calls a minute. */
  async function aSmallDoor() {
    const limits = { calls: counterOf(3), starts: counterOf(3) }
    const small = await aMcpDoor({ db: database.db, now: () => clock, limits })
    onTestFinished(small.close)
    return small
  }

  test('refusals for a missing scope count as calls, and only those within the limit are audited', async () => {
    const small = await aSmallDoor()
    const reader = await aPerson(database.db, { scopes: ['read'] })
    const answers = []
    for (let i = 0; i < 5; i += 1)
      answers.push(await send(small, { token: reader.token, ...older('tools/call', BUY) }))
    const whoami = await send(small, {
      token: reader.token,
      ...older('tools/call', { name: 'whoami', arguments: {} }),
    })
    const rows = await database.db
      .selectFrom('audit_events')
      .select('seq')
      .where('chain', '=', `customer:${reader.customer}`)
      .execute()

    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 200, 200])
    for (const late of [answers.at(-1), whoami])
      expect(refusalIn(JSON.stringify(late?.rpc()))).toMatchObject({ code: 'rate_limited' })
    expect(rows).toHaveLength(3)
  })

  test.for([
    ['of an unknown tool', older('tools/call', { name: 'no_such_tool' }).body],
    ['without an id', { jsonrpc: '2.0', method: 'tools/call', params: BUY }],
    ['for a task over an older protocol', older('tasks/get', { taskId: 'op_1' }).body],
    ['in a batch of three', [1, 2, 3].map((id) => ({ ...(older('ping').body as object), id })), 1],
    ['that is an empty batch', []],
  ] as const)('a call %s counts for the limit', async ([, body, times = 3]) => {
    const small = await aSmallDoor()
    const { token } = await aPerson(database.db)

    for (let i = 0; i < times; i += 1) await send(small, { token, body })

    expect((await send(small, { token, ...older('ping') })).status).toBe(429)
  })
})

const aGuess = () => `pkgt_${randomBytes(32).toString('base64url')}`

describe('a network that guesses tokens', () => {
  const tries = (token?: string) => send(door, { ...(token && { token }), ...older('ping') })
  const statusesOf = async (times: number, token: () => string | undefined) => {
    const statuses = []
    for (let i = 0; i < times; i += 1) statuses.push((await tries(token())).status)
    return statuses
  }

  test('after 600 wrong tokens a network gets 429 for the rest of the minute, except tokens that worked before', async () => {
    const [newcomer, gone] = [await aPerson(database.db), await aPerson(database.db)]
    for (const { token } of [ann, gone]) expect((await tries(token)).status).toBe(200)
    await revokeConnection(database.db, { id: gone.connection, reason: 'by its owner', at: clock })
    const statuses = await statusesOf(601, aGuess)
    letPass(50)

    const blocked = await tries(newcomer.token)

    expect(statuses).toEqual([...Array.from({ length: 600 }, () => 401), 429])
    expect([blocked.status, blocked.headers['retry-after']]).toEqual([429, '10'])
    expect(blocked.headers).not.toHaveProperty('www-authenticate')
    expect(JSON.parse(blocked.text)).toMatchObject({ error: 'temporarily_unavailable' })
    expect((await tries(ann.token)).status).toBe(200)
    expect(await statusesOf(2, () => gone.token)).toEqual([401, 429])
    expect(await statusesOf(2, () => undefined)).toEqual([401, 401])
    letPass(10)
    expect((await tries(newcomer.token)).status).toBe(200)
  })

  test('a missing or malformed token does not count as a guess, because it needs no query', async () => {
    const guard = tokenGuard()
    const network = '192.0.2.1'
    const at = clock
    for (let i = 0; i < 700; i += 1)
      for (const authorization of [undefined, 'Bearer pkgt_guess', 'Basic eDp5', 'Bearer'])
        guard.failed({ network, authorization, at })

    expect(guard.wait({ network, authorization: `Bearer ${aGuess()}`, at })).toBe(0)
  })

  test('a blocked network still accepts the last 10,000 valid tokens, and none before them', () => {
    const guard = tokenGuard()
    const network = '192.0.2.1'
    const of = (token: string) => ({ network, authorization: `Bearer ${token}`, at: clock })
    const [first, second, ...rest] = Array.from({ length: 10_000 }, aGuess)
    for (const token of [first, second, ...rest, first, aGuess()] as string[]) guard.passed(of(token))
    for (let i = 0; i < 600; i += 1) guard.failed(of(`${aGuess()} and more`))

    expect(guard.wait(of(first as string))).toBe(0)
    expect(guard.wait(of(second as string))).toBeGreaterThan(0)
  })
})

test('a counter forgets the oldest of too many keys, and does not block when the clock goes back', () => {
  const { count, wait } = counterOf(1)
  const at = (ms: number) => new Date(ms)

  for (let i = 0; i <= 10_000; i += 1) count(`key ${i}`, at(i))

  expect([wait('key 0', at(10_001)), wait('key 1', at(10_001))]).toEqual([0, 50_000])
  expect(count('key 1', at(0))).toBe(0)
})
