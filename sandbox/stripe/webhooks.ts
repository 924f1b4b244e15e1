import { createHmac } from 'node:crypto'
import type Stripe from 'stripe'
import type { Store } from './store.ts'

export type Mode = 'auto' | 'hold' | 'drop'

interface Listener {
  url: string
  secret: string
}

export interface Webhooks {
  mode: (mode: Mode) => void
  /** Sends what was held. */
  flush: () => Promise<void>
  announce: (type: Stripe.Event['type'], object: Stripe.Event.Data.Object) => void
  stop: () => Promise<void>
}

const TRIES_MS = [0, 1_000, 5_000, 30_000]

/** Events as Stripe signs and sends them: https://docs.stripe.com/webhooks#verify-manually */
export function webhooksOf(store: Store, apiVersion: string, fixed?: Listener): Webhooks {
  let mode: Mode = 'auto'
  let held: Stripe.Event[] = []
  const stopping = new AbortController()
  const inFlight = new Set<Promise<void>>()

  const listeners = (): Listener[] => [
    ...(fixed ? [fixed] : []),
    ...store
      .all('webhook_endpoints')
      .filter(({ status }) => status === 'enabled')
      .map(({ url, secret = '' }) => ({ url, secret })),
  ]
  function send(event: Stripe.Event): void {
    for (const listener of listeners()) {
      const delivery = deliver(listener, event, stopping.signal).finally(() => inFlight.delete(delivery))
      inFlight.add(delivery)
    }
  }
  return {
    mode(next) {
      mode = next
    },
    async flush() {
      const events = held
      held = []
      for (const event of events) send(event)
      await Promise.all(inFlight)
    },
    announce(type, object) {
      const event = {
        id: store.id('evt'),
        object: 'event',
        api_version: apiVersion,
        created: store.now(),
        data: { object: structuredClone(object) },
        livemode: false,
        pending_webhooks: listeners().length,
        request: null,
        type,
      } as Stripe.Event
      store.put('events', event)
      if (mode === 'auto') send(event)
      if (mode === 'hold') held.push(event)
    },
    async stop() {
      stopping.abort()
      await Promise.all(inFlight)
    },
  }
}

async function deliver({ url, secret }: Listener, event: Stripe.Event, signal: AbortSignal): Promise<void> {
  const body = JSON.stringify(event)
  for (const wait of TRIES_MS) {
    await pause(wait, signal)
    if (signal.aborted) return
    const at = Math.floor(Date.now() / 1000)
    const headers = { 'content-type': 'application/json', 'stripe-signature': signatureOf(secret, at, body) }
    const answered = await fetch(url, { method: 'POST', headers, body, signal }).then(
      ({ ok }) => ok,
      () => false,
    )
    if (answered) return
  }
}

/** `t=…,v1=…`: HMAC-SHA256 of time and body. */
export function signatureOf(secret: string, at: number, body: string): string {
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (!ms || signal.aborted) return resolve()
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
}
