import { createHash, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import type Stripe from 'stripe'
import type { CardBehaviour } from './cards.ts'

/** What becomes of a payment or refund later. */
export interface Outcome {
  /** Of the PaymentIntent or the refund. */
  id: string
  ends: 'succeeded' | 'failed'
  /** Seconds since 1970. */
  at: number
}

/** The first answer to an idempotency key. */
export interface KeptAnswer {
  id: string
  fingerprint: string
  status: number
  body: string
  requestId: string
  /** Seconds since 1970. */
  at: number
}

interface Kinds {
  customers: Stripe.Customer
  payment_methods: Stripe.PaymentMethod
  /** How a saved card behaves, by the id of its payment method. */
  cards: { id: string } & CardBehaviour
  payment_intents: Stripe.PaymentIntent
  setup_intents: Stripe.SetupIntent
  checkout_sessions: Stripe.Checkout.Session
  /** Where a person goes after the bank's page, by the id of the intent. */
  returns: { id: string; url: string }
  charges: Stripe.Charge
  refunds: Stripe.Refund
  outcomes: Outcome
  /** How often a PaymentIntent was confirmed. */
  confirmations: { id: string; count: number }
  balance_transactions: Stripe.BalanceTransaction
  events: Stripe.Event
  webhook_endpoints: Stripe.WebhookEndpoint
  keys: KeptAnswer
}
export type Kind = keyof Kinds

export interface Store {
  put: <K extends Kind>(kind: K, item: Kinds[K]) => void
  get: <K extends Kind>(kind: K, id: string) => Kinds[K] | undefined
  /** Oldest first. */
  all: <K extends Kind>(kind: K) => Array<Kinds[K]>
  drop: (kind: Kind, id: string) => void
  reset: () => void
  id: (prefix: string) => string
  /** Seconds since 1970, by the stand-in's own clock. */
  now: () => number
  advance: (seconds: number) => void
}

const KINDS: readonly Kind[] = [
  'customers',
  'payment_methods',
  'cards',
  'payment_intents',
  'setup_intents',
  'checkout_sessions',
  'returns',
  'charges',
  'refunds',
  'outcomes',
  'confirmations',
  'balance_transactions',
  'events',
  'webhook_endpoints',
  'keys',
]

export interface StoreOptions {
  /** Folder of the journal. Without a folder, all data is lost when the process ends. */
  dir?: string | undefined
  /** Makes ids repeatable. */
  seed?: string | undefined
}

/**
 * Keeps all objects in memory, and writes each change as a line of a journal. A kill may leave an incomplete last line.
 */
export function openStore({ dir, seed }: StoreOptions): Store {
  const maps = new Map(KINDS.map((kind) => [kind, new Map<string, Kinds[Kind]>()]))
  const of = <K extends Kind>(kind: K) => maps.get(kind) as Map<string, Kinds[K]>
  let ids = 0
  let ahead = 0
  const journal = dir === undefined ? undefined : path.join(dir, 'journal.jsonl')
  if (journal) replay(journal, maps)
  const note = (line: object) => journal && fs.appendFileSync(journal, `${JSON.stringify(line)}\n`)
  return {
    put(kind, item) {
      of(kind).set(item.id, item)
      note({ kind, item })
    },
    get: (kind, id) => of(kind).get(id),
    all: (kind) => [...of(kind).values()],
    drop(kind, id) {
      of(kind).delete(id)
      note({ kind, drop: id })
    },
    reset() {
      for (const map of maps.values()) map.clear()
      ids = 0
      ahead = 0
      if (journal) fs.writeFileSync(journal, '')
    },
    id(prefix) {
      const text =
        seed === undefined ? randomBytes(12) : createHash('sha256').update(`${seed} ${ids++}`).digest()
      return `${prefix}_${text.toString('hex').slice(0, 24)}`
    },
    now: () => Math.floor(Date.now() / 1000) + ahead,
    advance(seconds) {
      ahead += seconds
    },
  }
}

/** Reads the journal and writes it again without overwritten objects. */
function replay(journal: string, maps: Map<Kind, Map<string, Kinds[Kind]>>): void {
  fs.mkdirSync(path.dirname(journal), { recursive: true })
  if (!fs.existsSync(journal)) return
  for (const line of fs.readFileSync(journal, 'utf8').split('\n').filter(Boolean)) {
    try {
      const { kind, item, drop } = JSON.parse(line) as { kind: Kind; item?: Kinds[Kind]; drop?: string }
      if (item) maps.get(kind)?.set(item.id, item)
      if (drop) maps.get(kind)?.delete(drop)
    } catch {
      break // cut off by a kill, so its request got no answer
    }
  }
  const lines = [...maps].flatMap(([kind, map]) =>
    [...map.values()].map((item) => JSON.stringify({ kind, item })),
  )
  fs.writeFileSync(`${journal}.new`, lines.map((line) => `${line}\n`).join(''))
  fs.renameSync(`${journal}.new`, journal)
}
