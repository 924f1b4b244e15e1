import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, vi } from 'vitest'
import type { OperationId } from '#kernel/ids'
import { type Operation, readOperation } from '#domain/operations'
import type { Assistant, Shop, ToolResponse } from './a-shop.ts'
import type { Visitor } from './a-visitor.ts'

/** An operation that waits for a person. */
export interface Wait {
  id: OperationId
  /** The link that the tool returned for the person. */
  link: string
  path: string
  /** Waits until the operation is over; returns it from the database. */
  over: () => Promise<Operation>
  /** Cancels the operation by its assistant. */
  cancel: () => Promise<void>
}

export type WaitingPerson = keyof typeof WAITING_PEOPLE
/** The people with their orgs. `threeds`: the bank asks for a confirmation each time. `nocard`: the org has no card. */
const WAITING_PEOPLE = { threeds: 'initech', nocard: 'hooli' } as const

const PURCHASE = { packages: ['northwind/module-search'] }

/** A waiting purchase, which this person's assistant started. With 'a card', a waiting request to add a card. */
export async function aWait(
  shop: Shop,
  name: WaitingPerson,
  input: object | 'a card' = PURCHASE,
): Promise<Wait> {
  const { call } = await shop.assistant({ name, org: WAITING_PEOPLE[name] })
  const idempotency_key = randomUUID()
  // other purchases of the package may wait beside it
  const purchase = { new_project: { name: `Shop ${idempotency_key}` }, force_another: true, idempotency_key }
  let handle =
    input === 'a card'
      ? await call('start_add_payment_method', { idempotency_key })
      : await call('purchase_and_install_package', { ...purchase, ...input })
  const { operation_id: id } = handle
  while (handle.status === 'running')
    handle = await call('get_operation', { operation_id: id, wait_ms: 5_000 })
  expect(handle).toMatchObject({ status: 'waiting_for_you', next_action: { type: 'open_url' } })
  const { url: link } = (handle as ToolResponse & { next_action: { url: string } }).next_action

  const over = () =>
    vi.waitFor(
      async () => {
        const operation = await readOperation(shop.db, id)
        if (!operation.finishedAt) throw new Error(`the operation is ${operation.status}`)
        return operation
      },
      { timeout: 30_000, interval: 20 },
    )
  async function cancel() {
    await call('cancel_operation', { operation_id: id })
    expect(await over()).toMatchObject({ status: 'cancelled' })
  }
  return { id, link, path: new URL(link).pathname, over, cancel }
}

/** The page that the operation page links to: the bank's page, or the card page. */
export async function pageBehind(visitor: Visitor, path: string): Promise<string> {
  await visitor.get(path)
  const { body } = await visitor.post(path)
  const [, url = ''] = /class="button" href="([^"]+)"/.exec(body) ?? []
  return url
}

/** The same as `pageBehind`, for the person of the operation in a new browser. */
export async function pageOf(shop: Shop, name: string, id: OperationId): Promise<string> {
  const { link } = await shop.db
    .selectFrom('operations')
    .select('link')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return pageBehind(await shop.visitor(name), `/o/${link}`)
}

/** Polls an operation until it is over, also while it waits. */
export async function untilItIsOver(
  { call }: Assistant,
  started: Promise<ToolResponse>,
): Promise<ToolResponse> {
  let operation = await started
  while (operation.status === 'running' || operation.status === 'waiting_for_you') {
    // such a call returns at once; without a pause the calls would slow the workflow down
    if (operation.status === 'waiting_for_you') await sleep(100)
    operation = await call('get_operation', { operation_id: operation.operation_id, wait_ms: 1_000 })
  }
  return operation
}
