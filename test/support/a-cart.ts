import { randomUUID } from 'node:crypto'
import type { Assistant, Told } from './a-shop.ts'

/** Looks until an operation is over, or waits for a person. */
export async function untilItRests({ call }: Assistant, started: Promise<Told>): Promise<Told> {
  let told = await started
  while (told.status === 'running')
    told = await call('get_operation', { operation_id: told.operation_id, wait_ms: 5_000 })
  return told
}

/** Puts packages into the cart and has it priced; answers what a checkout of it says. */
export async function aQuotedCart(
  { call }: Assistant,
  packages: readonly string[],
  where: { project?: string; new_project?: object } = {},
) {
  await call('add_to_cart', { packages })
  const { quote } = (await call('quote_cart', where)) as unknown as { quote: string }
  return { quote, idempotency_key: randomUUID(), ...where }
}
