import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { signatureOf } from '../../sandbox/stripe/webhooks.ts'
import { anApp } from '../support/an-app.ts'
import { anOutbox } from '../support/an-outbox.ts'

const [OLD, NEW] = ['whsec_that_is_rotated_out', 'whsec_that_is_rotated_in']

let outbox: Awaited<ReturnType<typeof anOutbox>>
let app: FastifyInstance
let logged: Awaited<ReturnType<typeof anApp>>['logged']
beforeAll(async () => {
  outbox = await anOutbox()
  ;({ app, logged } = await anApp(outbox.db, { webhookSecrets: [NEW, OLD] }))
})
beforeEach(async () => {
  await outbox.clear()
})
afterAll(async () => {
  await app.close()
  await outbox.close()
})

/** An event as Stripe writes it; without arguments it wakes a run. */
const anEvent = ({
  type = 'payment_intent.succeeded',
  object = {},
  ...more
}: Record<string, unknown> = {}) => ({
  id: `evt_${randomUUID()}`,
  object: 'event',
  type,
  created: 1_800_000_000,
  livemode: false,
  data: {
    object: {
      id: `pi_${randomUUID()}`,
      object: 'payment_intent',
      metadata: { deployment: 'test' },
      ...(object as object),
    },
  },
  ...more,
})

interface Sent {
  secret?: string
  signedAgo?: number
  signature?: string | undefined
  headers?: Record<string, string>
}

function post(event: object | string, { secret = NEW, signedAgo = 0, headers = {}, ...sent }: Sent = {}) {
  const payload = typeof event === 'string' ? event : JSON.stringify(event)
  const at = Math.floor(Date.now() / 1000) - signedAgo
  const signature = 'signature' in sent ? sent.signature : signatureOf(secret, at, payload)
  return app.inject({
    method: 'POST',
    url: '/callbacks/stripe',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...(signature !== undefined && { 'stripe-signature': signature }),
      ...headers,
    },
    payload,
  })
}

/** The stored rows of an event: its type, and why it was ignored or null. */
const storedRows = async ({ id }: { id: string }) => {
  const rows = await outbox.db
    .selectFrom('stripe_events')
    .select(['type', 'ignored_because'])
    .where('id', '=', id)
    .execute()
  return rows.map(({ type, ignored_because }) => [type, ignored_because])
}
const relayedIds = async () => (await outbox.waiting()).map(({ workflow_id }) => workflow_id)

describe('an event of the payment provider', () => {
  test('an event of the payment provider is stored and relayed', async () => {
    const event = anEvent()

    const { statusCode, body } = await post(event)

    expect([statusCode, body]).toEqual([200, '{"received":true}'])
    expect(await storedRows(event)).toEqual([['payment_intent.succeeded', null]])
    expect(await relayedIds()).toEqual([`stripe_event/${event.id}`])
  })

  test('an event that arrives many times, also at the same moment, is stored and relayed once', async () => {
    const event = anEvent()

    const answers = await Promise.all(Array.from({ length: 10 }, () => post(event)))

    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]))
    expect((await post(event)).statusCode).toBe(200)
    expect(await storedRows(event)).toHaveLength(1)
    expect(await relayedIds()).toHaveLength(1)
  })

  test.for([
    ['a type that no story waits for', { type: 'customer.created' }, 'type'],
    ['a type that does not exist yet', { type: 'payment_intent.teleported' }, 'type'],
    ['another deployment', { object: { metadata: { deployment: 'somebody-else' } } }, 'deployment'],
    ['another program of the same account', { object: { metadata: {} } }, 'deployment'],
    ['the other mode of the provider', { livemode: true }, 'livemode'],
    ['our own deployment', { object: { metadata: { deployment: 'test' } } }, null],
  ] as const)(
    'an event of %s is stored, and relayed only if it can wake a run',
    async ([, about, ignored]) => {
      const event = anEvent(about)

      expect((await post(event)).statusCode).toBe(200)

      expect(await storedRows(event)).toEqual([[event.type, ignored]])
      expect(await relayedIds()).toHaveLength(ignored ? 0 : 1)
    },
  )

  test('an event is read with any content type, because its signature covers the bytes', async () => {
    for (const type of ['application/json', 'text/plain', 'application/octet-stream']) {
      const event = anEvent()
      expect((await post(event, { headers: { 'content-type': type } })).statusCode).toBe(200)
      expect(await storedRows(event)).toHaveLength(1)
    }
  })

  test('an event may be signed with the old or the new secret during a rotation', async () => {
    expect((await post(anEvent(), { secret: OLD })).statusCode).toBe(200)
    expect((await post(anEvent(), { secret: NEW })).statusCode).toBe(200)
  })

  test('an event that cannot be stored is answered with 500, so that the provider sends it again', async () => {
    const event = anEvent()
    await sql`alter table stripe_events rename to gone`.execute(outbox.db)
    const lost = await post(event)
    await sql`alter table gone rename to stripe_events`.execute(outbox.db)

    expect(lost.statusCode).toBe(500)
    expect(lost.body).not.toContain('stripe_events')
    expect(await relayedIds()).toEqual([])
    expect((await post(event)).statusCode).toBe(200)
    expect(await relayedIds()).toHaveLength(1)
  })
})

describe('a request that did not come from the payment provider', () => {
  const event = anEvent()
  const text = JSON.stringify(event)
  const now = () => Math.floor(Date.now() / 1000)
  const late = () => signatureOf(NEW, now() - 600, text)
  const senders: Record<string, () => Sent> = {
    'no signature': () => ({ signature: undefined }),
    'an empty signature': () => ({ signature: '' }),
    'a malformed signature': () => ({ signature: 'v1=abc' }),
    'the signature of another secret': () => ({ secret: 'whsec_of_somebody_else' }),
    'a signature of ten minutes ago': () => ({ signedAgo: 600 }),
    'a signature of 302 seconds ago': () => ({ signedAgo: 302 }),
    'a valid signature under another scheme': () => ({
      signature: signatureOf(NEW, now(), text).replace('v1', 'v0'),
    }),
    'an old signature with a later time': () => ({ signature: late().replace(/t=\d+/, `t=${now()}`) }),
    'the signature of another body': () => ({ signature: signatureOf(NEW, now(), `${text} `) }),
  }
  test.for(Object.entries(senders))(
    'an event with %s is refused and leaves nothing behind',
    async ([, sent]) => {
      const answer = await post(event, sent())

      expect(answer.statusCode).toBe(400)
      expect(answer.json()).toMatchObject({ error: { code: 'webhook_refused' } })
      expect(answer.body).not.toContain('whsec')
      expect(await storedRows(event)).toEqual([])
      expect(await relayedIds()).toEqual([])
    },
  )

  test.for(['', 'null', 'no json', '{"object":"v2.core.event","id":"evt_1"}'])(
    'the body %j is refused although it is signed',
    async (body) => {
      expect((await post(body)).statusCode).toBe(400)
      expect(await relayedIds()).toEqual([])
    },
  )

  test('an event that is too big is refused before its signature is checked', async () => {
    const big = anEvent({ object: { description: 'x'.repeat(300 * 1024) } })

    expect((await post(big)).statusCode).toBe(413)

    expect(await storedRows(big)).toEqual([])
  })

  test('a refused event is logged with its request id, without its signature', async () => {
    await post(event, { signature: 't=1,v1=made_up_by_mallory' })

    const line = logged().find(({ msg }) => msg === 'a webhook was refused')
    expect(line).toMatchObject({ request: expect.stringMatching(/^req_/) })
    expect(JSON.stringify(logged())).not.toContain('mallory')
  })

  test('a network that sent 600 events without a valid signature waits, and valid ones do not count', async () => {
    const from = (remoteAddress: string, signature: string) =>
      app.inject({
        method: 'POST',
        url: '/callbacks/stripe',
        headers: { 'stripe-signature': signature },
        payload: text,
        remoteAddress,
      })
    const valid = signatureOf(NEW, now(), text)
    const all = (count: number, signature: string) =>
      Promise.all(Array.from({ length: count }, () => from('198.51.100.7', signature)))
    const codes = (answers: Awaited<ReturnType<typeof all>>) => [
      ...new Set(answers.map((it) => it.statusCode)),
    ]

    expect(codes(await all(5, valid))).toEqual([200])
    expect(codes(await all(600, 'v1=abc'))).toEqual([400])
    const refused = await from('198.51.100.7', valid)

    expect([refused.statusCode, refused.json()]).toMatchObject([
      429,
      { error: { code: 'temporarily_unavailable' } },
    ])
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect((await from('198.51.100.8', valid)).statusCode).toBe(200)
  })
})
