import { createHmac, randomInt } from 'node:crypto'
import type Stripe from 'stripe'
import { z } from 'zod'
import type { Store } from './store.ts'

export const webhookChange = z
  .strictObject({
    mode: z.enum(['auto', 'hold', 'drop']),
    delay: z.strictObject({ ms: z.int().min(0).max(60_000) }).describe('Before the first try'),
    duplicate: z.boolean().describe('Sends each event twice'),
    shuffle: z.boolean().describe('Shuffles the held events at the flush'),
    wrong_secret: z.boolean().describe('Signs with a wrong secret and does not retry'),
    stale: z.boolean().describe('Signs with a time ten minutes ago and does not retry'),
  })
  .partial()
type WebhookSettings = Required<z.infer<typeof webhookChange>>

const AS_STRIPE_DOES: WebhookSettings = {
  mode: 'auto',
  delay: { ms: 0 },
  duplicate: false,
  shuffle: false,
  wrong_secret: false,
  stale: false,
}

interface Listener {
  url: string
  secret: string
}

export interface Webhooks {
  /** Changes the named settings, and returns all settings. */
  set: (change: z.infer<typeof webhookChange>) => WebhookSettings
  /** Sends the held events one after the other. Does not wait for retries. */
  flush: () => Promise<number>
  announce: (type: Stripe.Event['type'], object: Stripe.Event.Data.Object) => void
  reset: () => void
  stop: () => Promise<void>
}

const RETRIES_MS = [1_000, 5_000, 30_000]
const STALE_BY = 10 * 60

/** Events as Stripe signs and sends them: https://docs.stripe.com/webhooks#verify-manually */
export function webhooksOf(store: Store, apiVersion: string, fixed?: Listener): Webhooks {
  let settings = AS_STRIPE_DOES
  let held: Stripe.Event[] = []
  const stopping = new AbortController()
  const inFlight = new Set<Promise<unknown>>()

  function track<T>(sending: Promise<T>): Promise<T> {
    inFlight.add(sending)
    void sending.finally(() => inFlight.delete(sending))
    return sending
  }
  /** Resolves after the first try. Only a correctly signed event is retried. */
  async function deliver(listener: Listener, event: Stripe.Event): Promise<void> {
    const { wrong_secret, stale, delay } = settings
    const forged = { ...(wrong_secret && { secret: 'whsec_of_somebody_else' }), stale }
    await pause(delay.ms, stopping.signal)
    const arrived = await post({ ...listener, ...forged }, event, stopping.signal)
    if (!arrived && !wrong_secret && !stale) void track(retry(listener, event, stopping.signal))
  }
  async function send(event: Stripe.Event): Promise<void> {
    const listeners = listenersIn(store, event.type, fixed)
    const twice = settings.duplicate ? [...listeners, ...listeners] : listeners
    await Promise.all(twice.map((listener) => track(deliver(listener, event))))
  }
  return {
    set(change) {
      settings = { ...settings, ...change }
      return settings
    },
    async flush() {
      const events = settings.shuffle ? shuffled(held) : held
      held = []
      for (const event of events) await send(event)
      return events.length
    },
    announce(type, object) {
      const event = {
        id: store.id('evt'),
        object: 'event',
        api_version: apiVersion,
        created: store.now(),
        data: { object: structuredClone(object) },
        livemode: false,
        pending_webhooks: listenersIn(store, type, fixed).length,
        request: null,
        type,
      } as Stripe.Event
      store.put('events', event)
      if (settings.mode === 'auto') void send(event)
      if (settings.mode === 'hold') held.push(event)
    },
    reset() {
      settings = AS_STRIPE_DOES
      held = []
    },
    async stop() {
      stopping.abort()
      await Promise.all(inFlight)
    },
  }
}

const listenersIn = (store: Store, type: Stripe.Event['type'], fixed?: Listener): Listener[] => [
  ...(fixed ? [fixed] : []),
  ...store
    .all('webhook_endpoints')
    .filter(({ status }) => status === 'enabled')
    .filter(({ enabled_events: wanted }) => wanted.includes('*') || wanted.includes(type))
    .map(({ url, secret = '' }) => ({ url, secret })),
]

async function retry(listener: Listener, event: Stripe.Event, signal: AbortSignal): Promise<void> {
  for (const wait of RETRIES_MS) {
    await pause(wait, signal)
    if (signal.aborted || (await post(listener, event, signal))) return
  }
}

async function post(
  { url, secret, stale = false }: Listener & { stale?: boolean },
  event: Stripe.Event,
  signal: AbortSignal,
): Promise<boolean> {
  const body = JSON.stringify(event)
  const at = Math.floor(Date.now() / 1000) - (stale ? STALE_BY : 0)
  const headers = { 'content-type': 'application/json', 'stripe-signature': signatureOf(secret, at, body) }
  return fetch(url, { method: 'POST', headers, body, signal }).then(
    ({ ok }) => ok,
    () => false,
  )
}

/** `t=…,v1=…`: HMAC-SHA256 of time and body. */
export function signatureOf(secret: string, at: number, body: string): string {
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`
}

/** Returns the items in another order. */
function shuffled<T>(items: readonly T[]): T[] {
  const mixed = [...items]
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = randomInt(i) // j is never i, so that each item moves
    ;[mixed[i], mixed[j]] = [mixed[j] as T, mixed[i] as T]
  }
  return mixed
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (!ms || signal.aborted) return resolve()
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
}
