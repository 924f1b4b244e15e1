import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, callTool } from './assistant.ts'
import { aBuyer, type Buyer, type CardKind, type Person } from './buyers.ts'
import type { Deployment } from './deployment.ts'
import type { Act, InTheBrowser } from './person.ts'

const SEARCH = 'northwind/module-search'
const LABELS = 'fabrikam/module-labels'
const STOCK = 'northwind/module-stock'
const FREE = 'northwind/module-hello'

/** A way to buy. */
export interface Kind {
  name: string
  packages: readonly string[]
  card?: CardKind
  /** What the person does when the operation waits for them. */
  act?: Act | 'cancel'
  more?: object
  /** The most that a purchase of the connection may cost, in minor units. */
  mostPerPurchase?: number
  fromCart?: true
  /** How often the first call is sent at once, with the same key. */
  calls?: number
}

export const KINDS: readonly Kind[] = [
  { name: 'one', packages: [SEARCH], card: 'works' },
  { name: 'several vendors', packages: [SEARCH, LABELS, STOCK], card: 'works' },
  { name: '3-D Secure', packages: [SEARCH], card: 'asksCardholder', act: 'approve' },
  { name: 'no card, then a card', packages: [SEARCH], act: 'add a card' },
  { name: 'same key at once', packages: [SEARCH, LABELS], card: 'works', calls: 3 },
  { name: 'cart', packages: [SEARCH, STOCK, LABELS], card: 'works', fromCart: true },
  { name: 'declined', packages: [SEARCH, LABELS], card: 'isDeclined' },
  { name: 'free', packages: [FREE] },
  { name: '3-D Secure, several vendors', packages: [SEARCH, LABELS], card: 'asksCardholder', act: 'approve' },
  { name: '3-D Secure refused', packages: [SEARCH, LABELS], card: 'asksCardholder', act: 'refuse' },
  { name: 'cancelled', packages: [SEARCH, FREE], card: 'asksCardholder', act: 'cancel' },
  { name: 'pickup', packages: [STOCK, FREE], card: 'works', more: { credentials: 'pickup' } },
  { name: 'limit reached', packages: [SEARCH], card: 'works', mostPerPurchase: 1_000 },
  { name: 'cart, cancelled', packages: [SEARCH], card: 'asksCardholder', fromCart: true, act: 'cancel' },
]

export interface Purchase {
  kind: Kind
  buyer: Buyer
  tool: string
  input: object
}

/** Prepares a purchase: its org, its card, and the cart. Nothing is bought yet. */
export async function aPurchase(deployment: Deployment, person: Person, kind: Kind): Promise<Purchase> {
  const { card, mostPerPurchase, packages, fromCart, more } = kind
  const buyer = await aBuyer(deployment, person, { card, mostPerPurchase })
  const input = { idempotency_key: randomUUID(), new_project: { name: kind.name }, ...more }
  if (!fromCart) return { kind, buyer, tool: 'purchase_and_install_package', input: { ...input, packages } }
  const { publicUrl } = deployment
  await callTool(publicUrl, buyer, ['add_to_cart', { packages }])
  const { new_project } = input
  const { quote } = await callTool(publicUrl, buyer, ['quote_cart', { new_project }])
  return { kind, buyer, tool: 'checkout_cart', input: { ...input, quote } }
}

export interface Ended {
  kind: string
  operation: string | undefined
  /** `completed`, or the status with the code of the failure. */
  how: string
  /** What is wrong with it. */
  fault?: string
}

const OVER = ['completed', 'failed', 'cancelled']
const PAUSE_MS = 400

/**
 * Buys as an assistant does that loses its answers: it repeats each call until it is answered, with the same key. The
 * person acts whenever the operation waits for them.
 */
export async function buy(
  { publicUrl }: Deployment,
  { acts }: InTheBrowser,
  { kind, buyer, tool, input }: Purchase,
  until: AbortSignal,
): Promise<Ended> {
  const ask = (...call: [string, object]) => untilAnswered(() => callTool(publicUrl, buyer, call), until)
  const started = await Promise.all(Array.from({ length: kind.calls ?? 1 }, () => ask(tool, input)))
  const operations = new Set(started.map(({ operation_id }) => operation_id))
  const [operation] = operations
  const ended = { kind: kind.name, operation }
  if (operations.size > 1)
    return { ...ended, how: 'twice', fault: `one key has ${operations.size} operations` }
  let last: Answer = started[0] ?? {}
  while (operation && !OVER.includes(last.status ?? '') && !until.aborted) {
    const url = last.next_action?.url
    if (kind.act === 'cancel' && last.status === 'waiting_for_you')
      await ask('cancel_operation', { operation_id: operation })
    else if (kind.act && kind.act !== 'cancel' && url) await acts(url, kind.act).catch(() => {})
    await sleep(PAUSE_MS)
    last = await ask('get_operation', { operation_id: operation, wait_ms: 2_000 })
  }
  const how = [last.status ?? 'no answer', last.error?.code].filter(Boolean).join(' ')
  return OVER.includes(last.status ?? '') ? { ...ended, how } : { ...ended, how, fault: 'it did not end' }
}

/** Repeats a call until an operation is in the answer. */
async function untilAnswered(call: () => Promise<Answer>, until: AbortSignal): Promise<Answer> {
  let last: Answer = {}
  while (!until.aborted) {
    try {
      last = await call()
      if (last.operation_id) return last
    } catch (e) {
      last = { status: `no answer (${e instanceof Error ? e.message : 'error'})` }
    }
    await sleep(PAUSE_MS)
  }
  return last
}

/** Repeats the first call of a purchase that has ended. The same operation has to answer. */
export async function repeated(
  { publicUrl }: Deployment,
  { kind, buyer, tool, input }: Purchase,
  { operation, how }: Ended,
): Promise<string | undefined> {
  const again = await callTool(publicUrl, buyer, [tool, input])
  if (again.operation_id === operation && how.startsWith(again.status ?? '?')) return undefined
  return `${kind.name}: the same key answers ${again.operation_id} ${again.status}, not ${operation} ${how}`
}
