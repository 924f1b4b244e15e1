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

/** An event that did not arrive. */
interface Retry {
  listener: Listener
  event: Stripe.Event
  /** How often it was sent. */
  tries: number
  /** Seconds since 1970, by the clock of the stand-in. */
  due: number
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
  /** The settings, and how many events are tried again later. */
  state: () => WebhookSettings & { retrying: number }
  /** Sends again what is due by the clock of the stand-in. Returns when these tries have ended. */
  retryDue: () => Promise<void>
  announce: (type: Stripe.Event['type'], object: Stripe.Event.Data.Object) => void
  reset: () => void
  stop: () => Promise<void>
}

/**
 * Waits before the next try, in seconds: longer each time, for three days. The first ones are short for a person who
 * watches. https://docs.stripe.com/webhooks#retries
 */
const MINUTE = 60
const HOUR = 60 * MINUTE
const BACKOFF = [1, 5, 30, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR]
const LAST_WAIT = 12 * HOUR
const GIVEN_UP_AFTER = 72 * HOUR
const STALE_BY = 10 * 60

/** Events as Stripe signs and sends them: https://docs.stripe.com/webhooks#verify-manually */
export function webhooksOf(store: Store, apiVersion: string, fixed?: Listener): Webhooks {
  let settings = AS_STRIPE_DOES
  let held: Stripe.Event[] = []
  let failed: Retry[] = []
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
    if (!arrived && !wrong_secret && !stale) sendLater({ listener, event, tries: 1 })
  }
  function sendLater({ listener, event, tries }: Omit<Retry, 'due'>): void {
    const due = store.now() + (BACKOFF[tries - 1] ?? LAST_WAIT)
    if (due <= event.created + GIVEN_UP_AFTER) failed.push({ listener, event, tries, due })
  }
  async function again({ listener, event, tries }: Retry): Promise<void> {
    if (!(await post(listener, event, stopping.signal))) sendLater({ listener, event, tries: tries + 1 })
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
    state: () => ({ ...settings, retrying: failed.length }),
    async retryDue() {
      const due = failed.filter((each) => each.due <= store.now())
      failed = failed.filter((each) => !due.includes(each))
      await Promise.all(due.map((each) => track(again(each))))
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
      failed = []
    },
    async stop() {
      stopping.abort()
      failed = []
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
