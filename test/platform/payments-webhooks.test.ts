import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readEvent, WebhookRefused } from '#platform/payment-webhooks'
import { signatureOf } from '../../sandbox/stripe/webhooks.ts'
import { aListener, type Listener } from '../sandbox/a-listener.ts'
import { aBank, type Bank } from '../support/a-bank.ts'

const SECRET = 'whsec_ours'

let listener: Listener
let bank: Bank
beforeAll(async () => {
  listener = await aListener()
  bank = await aBank({ webhook: { url: listener.url, secret: SECRET } })
})
afterAll(async () => {
  await bank.stop()
  listener.stop()
})
beforeEach(async () => {
  await bank.sim('reset', {})
  listener.received.length = 0
})

/** One event of the stand-in, as it arrived. */
async function anEvent(settings: object = {}) {
  await bank.sim('webhooks', { mode: 'hold', ...settings })
  const customer = await bank.payments.createCustomer({ org: 'org_1' })
  const request = {
    amountMinor: 100,
    currency: 'EUR',
    customer,
    transferGroup: 'l',
    metadata: { charge_id: 'chg_1' },
  }
  const { id } = await bank.payments.createIntent({ charge: 'chg_1', request })
  await bank.sim('webhooks/flush', {})
  const [{ body, signature } = { body: Buffer.alloc(0), signature: '' }] = listener.received
  return { id, body, signature }
}
const read = (body: Buffer, signature: string, secrets: readonly string[] = [SECRET], at = new Date()) =>
  readEvent(body, signature, secrets, at)
const signed = (text: string, at = Date.now()) => signatureOf(SECRET, Math.floor(at / 1000), text)

describe('a webhook', () => {
  test('a webhook that any of our secrets signed is converted into our own event', async () => {
    const { id, body, signature } = await anEvent()
    const event = read(body, signature, ['whsec_older', SECRET])
    expect(event).toEqual({
      id: expect.stringMatching(/^evt_/),
      type: 'payment_intent.created',
      created: expect.any(Date),
      objectId: id,
      objectType: 'payment_intent',
      metadata: { charge_id: 'chg_1', deployment: 'test' },
      livemode: false,
    })
    expect(Math.abs(event.created.getTime() - Date.now())).toBeLessThan(10_000)
  })

  test('a webhook is refused when another secret signed it, when we have no secret, and without a signature', async () => {
    const { body, signature } = await anEvent({ wrong_secret: true })
    expect(() => read(body, signature)).toThrow(WebhookRefused)
    const rightlySigned = signed(body.toString())
    expect(() => read(body, rightlySigned, [])).toThrow(WebhookRefused)
    expect(() => read(body, rightlySigned, [''])).toThrow(WebhookRefused)
    expect(() => read(body, '')).toThrow(WebhookRefused)
    expect(read(body, rightlySigned).type).toBe('payment_intent.created')
  })

  test('a webhook with an old signature is refused', async () => {
    const { body, signature } = await anEvent({ stale: true })
    expect(() => read(body, signature)).toThrow(WebhookRefused)
  })

  test('a webhook is accepted if it was received at most 300 seconds after its signature', async () => {
    const { body } = await anEvent()
    const now = Date.now()
    const signature = signed(body.toString(), now)
    const after = (seconds: number) => new Date(now + seconds * 1000)
    expect(read(body, signature, [SECRET], after(300)).livemode).toBe(false)
    expect(() => read(body, signature, [SECRET], after(302))).toThrow(WebhookRefused)
    const old = signed(body.toString(), now - 3_600_000)
    expect(read(body, old, [SECRET], after(-3_600)).livemode).toBe(false)
  })

  test('a webhook whose JSON was formatted again is refused, because the signature covers its bytes', async () => {
    const { body, signature } = await anEvent()
    const rewritten = Buffer.from(JSON.stringify(JSON.parse(body.toString()), null, 2))
    expect(() => read(rewritten, signature)).toThrow(WebhookRefused)
  })

  test.for([
    'no JSON',
    '',
    '{}',
    '[1]',
    'null',
    '{"id":"evt_1","object":"v2.core.event","type":"v2.core.account.updated"}',
  ])('a signed text that is no snapshot event is refused: %s', (text) => {
    expect(() => read(Buffer.from(text), signed(text))).toThrow(WebhookRefused)
  })

  test('a webhook about an object without id and metadata is accepted', () => {
    const data = { object: { object: 'balance' } }
    const text = JSON.stringify({
      id: 'evt_1',
      object: 'event',
      type: 'balance.available',
      created: 1,
      data,
      livemode: true,
    })
    expect(read(Buffer.from(text), signed(text))).toMatchObject({
      objectId: undefined,
      objectType: 'balance',
      metadata: {},
      livemode: true,
    })
  })
})
