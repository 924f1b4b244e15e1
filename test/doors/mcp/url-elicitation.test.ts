import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Run } from '#contracts/ids'
import { aRun, SOON } from '../../support/a-run.ts'
import { aDatabase } from '../../support/database.ts'
import {
  aConnection,
  aMcpDoor,
  aPerson,
  type McpDoor,
  modern,
  older,
  type Person,
  send,
} from '../../support/mcp.ts'
import { aModernClient, type OnUrl } from '../../support/mcp-clients.ts'

const TOOL = 'start_add_payment_method'
const CARD = { payment_method: { id: 'pm_1', brand: 'visa', last4: '4242', is_default: true } }
const OPENS_URLS = { capabilities: { elicitation: { url: {} } } }

let database: Awaited<ReturnType<typeof aDatabase>>
let door: McpDoor
beforeAll(async () => {
  database = await aDatabase()
  door = await aMcpDoor({ db: database.db, pace: SOON, startOrJoinRun: waitsAtOnce })
})
afterEach(() => void vi.useRealTimers())
afterAll(async () => {
  await door.close()
  await database.close()
})

async function waitsAtOnce({ operationId }: Run): Promise<boolean> {
  await aRun(database.db, operationId).waits()
  return true
}

let keys = 0
const aKey = () => ({ idempotency_key: `a-card-${String((keys += 1)).padStart(4, '0')}` })
const lastRun = () => aRun(database.db, door.runs.at(-1)?.operationId ?? 'op_none', 1)

/** Calls the tool; `more` makes it a retry, `can` are the client's capabilities. */
async function call(person: { token: string }, input: object, more: object = {}, can: object = OPENS_URLS) {
  const params = { name: TOOL, arguments: input, ...more }
  const answer = await send(door, { ...modern('tools/call', params, can), token: person.token })
  return { status: answer.status, ...answer.rpc() }
}

const retry = (requestState: unknown, action = 'accept') => ({
  requestState,
  inputResponses: { open_url: { action } },
})

describe('an operation that waits for a person, for a client that opens URLs', () => {
  async function aClient(onUrl: OnUrl, at = door) {
    const ann = await aPerson(database.db)
    const client = await aModernClient(at, ann.token, { onUrl })
    onTestFinished(() => client.close())
    await client.listTools()
    return { ann, client }
  }

  test('a call that waits asks the person to open a URL, and then returns the result', async () => {
    const shown: Parameters<OnUrl>[0][] = []
    const { ann, client } = await aClient(async (question) => {
      shown.push(question)
      await lastRun().completes(CARD)
      return 'accept'
    })

    const result = await client.call(TOOL, aKey())

    expect(result).toMatchObject({ structuredContent: { status: 'completed', result: CARD } })
    expect(shown).toMatchObject([
      {
        url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:3000\/o\/[\w-]{43}$/),
        message: `${ann.org.slug} needs a card to go on: add one on our page.`,
      },
    ])
    expect(door.runs.filter(({ orgId }) => orgId === ann.org.id)).toHaveLength(1)
  })

  test('after the person has opened the page, the call waits some time for the result', async () => {
    const { client } = await aClient(async () => {
      const run = lastRun()
      setTimeout(() => void run.goesOn(), SOON.lookAgainMs / 4)
      setTimeout(() => void run.completes(CARD), SOON.lookAgainMs / 2)
      return 'accept'
    })

    expect((await client.call(TOOL, aKey())).structuredContent).toMatchObject({ status: 'completed' })
  })

  const LONG_WAIT = { ...SOON, lookAgainMs: 8_000 }

  test.for([
    ['accept', SOON],
    ['decline', LONG_WAIT],
    ['cancel', LONG_WAIT],
  ] as const)(
    'the person is asked once: after %s without a result the model gets the handle',
    async ([action, pace]) => {
      const patient = await aMcpDoor({ db: database.db, pace, startOrJoinRun: waitsAtOnce })
      onTestFinished(() => patient.close())
      let questions = 0
      const onUrl = async () => {
        questions += 1
        return action
      }
      const { client } = await aClient(onUrl, patient)
      const begun = performance.now()

      const result = await client.call(TOOL, aKey())

      expect(result.structuredContent).toMatchObject({
        status: 'waiting_for_you',
        next_action: { type: 'open_url', url: expect.stringContaining('/o/') },
      })
      expect(questions).toBe(1)
      const isPatient = performance.now() - begun >= pace.lookAgainMs
      expect(isPatient).toBe(action === 'accept')
    },
  )

  test.for([
    ['cannot elicit', modern('tools/call', { name: TOOL, arguments: aKey() })],
    [
      'supports only forms',
      modern('tools/call', { name: TOOL, arguments: aKey() }, { capabilities: { elicitation: {} } }),
    ],
    ['has an older protocol', older('tools/call', { name: TOOL, arguments: aKey() })],
    [
      'has an older protocol and declares URLs',
      older('tools/call', {
        name: TOOL,
        arguments: aKey(),
        _meta: { 'io.modelcontextprotocol/clientCapabilities': OPENS_URLS.capabilities },
      }),
    ],
  ] as const)('a client that %s gets the handle instead of a question', async ([, request]) => {
    const ann = await aPerson(database.db)

    const { result } = (await send(door, { ...request, token: ann.token })).rpc()

    expect(result).toMatchObject({ structuredContent: { status: 'waiting_for_you' } })
  })
})

describe('the request state of a retry', () => {
  let ann: Person
  let input: object
  let requestState: string
  async function aQuestion() {
    ann = await aPerson(database.db)
    input = aKey()
    const { result } = await call(ann, input)
    expect(result).toMatchObject({ resultType: 'input_required' })
    requestState = String(result?.requestState)
  }

  test('a request state is accepted for ten minutes by every process with the same key', async () => {
    await aQuestion()
    const other = await aMcpDoor({ db: database.db, pace: SOON, secrets: door.secrets })
    onTestFinished(() => other.close())
    await lastRun().completes(CARD)
    const request = modern('tools/call', { name: TOOL, arguments: input, ...retry(requestState) }, OPENS_URLS)

    const { result } = (await send(other, { ...request, token: ann.token })).rpc()

    expect(result).toMatchObject({ structuredContent: { status: 'completed', result: CARD } })
    expect(other.runs).toEqual([])
  })

  test.for<[string, () => Promise<[Pick<Person, 'token'>, object, unknown]>]>([
    ['invented', async () => [ann, input, 'v1.e30.e30']],
    ['not a text', async () => [ann, input, { operation: 'op_1' }]],
    [
      'tampered with',
      async () => [ann, input, requestState.replace(/.(?=.{60}$)/, (c) => (c === 'A' ? 'B' : 'A'))],
    ],
    ['of other arguments', async () => [ann, aKey(), requestState]],
    [
      'of another connection of the same person',
      async () => [
        await aConnection(database.db, { customer: ann.customer, activeOrg: ann.org.id }),
        input,
        requestState,
      ],
    ],
    ['of another person', async () => [await aPerson(database.db), input, requestState]],
    [
      'older than ten minutes',
      async () => {
        vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 601_000 })
        return [ann, input, requestState]
      },
    ],
  ])('a request state is refused when it is %s', async ([, made]) => {
    await aQuestion()
    const [person, sent, state] = await made()
    const runs = door.runs.length

    const refused = await call(person, sent, retry(state))

    expect(refused).toMatchObject({ status: 200, error: { code: -32602 } })
    expect(JSON.stringify(refused)).not.toContain('op_')
    expect(door.runs).toHaveLength(runs)
  })

  test('a request state is refused by another tool and by a process with another key', async () => {
    await aQuestion()
    const params = { name: 'list_projects', arguments: input, ...retry(requestState) }
    const elsewhere = await send(door, { ...modern('tools/call', params, OPENS_URLS), token: ann.token })
    const stranger = await aMcpDoor({ db: database.db })
    onTestFinished(() => stranger.close())
    const request = modern('tools/call', { name: TOOL, arguments: input, ...retry(requestState) })

    expect(elsewhere.rpc().error?.code).toBe(-32602)
    expect((await send(stranger, { ...request, token: ann.token })).rpc().error?.code).toBe(-32602)
  })
})
