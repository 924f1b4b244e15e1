import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'

/** What a model asks of a tool, by the tool's name at our endpoint. */
export interface Call {
  tool: string
  input: Record<string, unknown>
}

/** One call after the other; each is answered with the text that the model was shown of its result. */
export type Conversation = AsyncGenerator<Call, void, string>

/** What came of a conversation. */
export interface Proof {
  read: boolean
  refused: boolean
  bought: boolean
  /** In order, as the model saw it. */
  shown: { tool: string; text: string }[]
}

/** Somebody whose bank asks for a confirmation. */
export interface Cardholder {
  name: string
  org: string
  confirms: (link: string) => Promise<void>
}

interface Handle {
  operation_id: string
  status: string
  next_action?: { url?: string }
  result?: { auth_json: { 'http-basic': Record<string, unknown> }; licences: { package: string }[] }
}

/** Some clients write something of their own around a result. */
export const resultIn = (shown: string): string => /\{.*\}/s.exec(shown)?.[0] ?? shown

/** Reads the dashboard, is refused an order that is not there, then buys a package: the bank asks, the cardholder confirms, the purchase completes. */
export async function* aPurchaseThatWaits(buyer: Cardholder, client: string, proof: Proof): Conversation {
  async function* show(tool: string, input: Record<string, unknown>): AsyncGenerator<Call, string, string> {
    const text = yield { tool, input }
    proof.shown.push({ tool, text })
    return text
  }
  async function* ask(tool: string, input: Record<string, unknown>): AsyncGenerator<Call, unknown, string> {
    return JSON.parse(resultIn(yield* show(tool, input)))
  }
  const look = (operation_id: string) => ask('get_operation', { operation_id, wait_ms: 20_000 })

  const dashboard = (yield* ask('get_my_dashboard', {})) as { active_org: string; name: string }
  assert.deepEqual([dashboard.active_org, dashboard.name], [buyer.org, buyer.name])
  proof.read = true

  const refusal = yield* show('get_order', { order: 'ord_nothing' })
  assert.match(refusal, /order_not_found.*Call list_orders\./s)
  proof.refused = true

  let told = (yield* ask('purchase_and_install_package', {
    packages: ['northwind/module-search'],
    new_project: { name: `Shop by ${client}` },
    idempotency_key: randomUUID(),
  })) as Handle
  while (told.status === 'running') told = (yield* look(told.operation_id)) as Handle
  assert.equal(told.status, 'waiting_for_you')
  assert(told.next_action?.url)

  await buyer.confirms(told.next_action.url)
  do told = (yield* look(told.operation_id)) as Handle
  while (told.status === 'running' || told.status === 'waiting_for_you')
  assert.equal(told.status, 'completed')
  assert.equal(told.result?.licences[0]?.package, 'northwind/module-search')
  assert(Object.keys(told.result?.auth_json['http-basic'] ?? {}).length === 1)
  proof.bought = true
}
