import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'

/** A call of a tool, by the name of the tool at our endpoint. */
export interface Call {
  tool: string
  input: Record<string, unknown>
}

/** One call after the other. The response to each is the text of the result as the model saw it. */
export type Conversation = AsyncGenerator<Call, void, string>

/** The steps of a conversation that succeeded. */
export interface Proof {
  read: boolean
  refused: boolean
  bought: boolean
  /** The results in order, as the model saw them. */
  shown: { tool: string; text: string }[]
}

/** A buyer whose bank requires a confirmation. */
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

/** The JSON in a shown result. Some clients add their own text around it. */
export const resultIn = (shown: string): string => /\{.*\}/s.exec(shown)?.[0] ?? shown

/**
 * Reads the dashboard, is refused an unknown order, and buys a package. The bank asks for a confirmation, the
 * cardholder confirms, and the purchase completes.
 */
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

  let handle = (yield* ask('purchase_and_install_package', {
    packages: ['northwind/module-search'],
    new_project: { name: `Shop by ${client}` },
    idempotency_key: randomUUID(),
  })) as Handle
  while (handle.status === 'running') handle = (yield* look(handle.operation_id)) as Handle
  assert.equal(handle.status, 'waiting_for_you')
  assert(handle.next_action?.url)

  await buyer.confirms(handle.next_action.url)
  do handle = (yield* look(handle.operation_id)) as Handle
  while (handle.status === 'running' || handle.status === 'waiting_for_you')
  assert.equal(handle.status, 'completed')
  assert.equal(handle.result?.licences[0]?.package, 'northwind/module-search')
  assert(Object.keys(handle.result?.auth_json['http-basic'] ?? {}).length === 1)
  proof.bought = true
}
