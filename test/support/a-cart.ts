import { randomUUID } from 'node:crypto'
import type { Assistant, ToolResponse } from './a-shop.ts'

/** Polls an operation until it is over or waits for a person. */
export async function pollWhileRunning(
  { call }: Assistant,
  started: Promise<ToolResponse>,
): Promise<ToolResponse> {
  let operation = await started
  while (operation.status === 'running')
    operation = await call('get_operation', { operation_id: operation.operation_id, wait_ms: 5_000 })
  return operation
}

/** Puts packages into the cart and asks for a quote; returns the input of a checkout. */
export async function aQuotedCart(
  { call }: Assistant,
  packages: readonly string[],
  where: { project?: string; new_project?: object } = {},
) {
  await call('add_to_cart', { packages })
  const { quote } = (await call('quote_cart', where)) as unknown as { quote: string }
  return { quote, idempotency_key: randomUUID(), ...where }
}
