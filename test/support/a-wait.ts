import { randomUUID } from 'node:crypto'
import { expect, vi } from 'vitest'
import type { OperationId } from '#kernel/ids'
import { type Operation, readOperation } from '#domain/operations'
import type { Assistant, Shop, Told } from './a-shop.ts'
import type { Visitor } from './a-visitor.ts'

/** An operation that waits for a person. */
export interface Wait {
  id: OperationId
  /** What its assistant was told to pass on. */
  link: string
  path: string
  /** The operation as the database has it, once it is over. */
  over: () => Promise<Operation>
  /** By its assistant. */
  cancel: () => Promise<void>
}

export type Waiter = keyof typeof WAITERS
/** Whose bank asks each time, and who has no card; with their orgs. */
const WAITERS = { threeds: 'initech', nocard: 'hooli' } as const

const PURCHASE = { packages: ['northwind/module-search'] }

/** A purchase of theirs, asked for by an assistant, unless it is only a card to add. */
export async function aWait(shop: Shop, name: Waiter, input: object | 'a card' = PURCHASE): Promise<Wait> {
  const { call } = await shop.assistant({ name, org: WAITERS[name] })
  const idempotency_key = randomUUID()
  const purchase = { new_project: { name: `Shop ${idempotency_key}` }, idempotency_key }
  let told =
    input === 'a card'
      ? await call('start_add_payment_method', { idempotency_key })
      : await call('purchase_and_install_package', { ...purchase, ...input })
  const { operation_id: id } = told
  while (told.status === 'running') told = await call('get_operation', { operation_id: id, wait_ms: 5_000 })
  expect(told).toMatchObject({ status: 'waiting_for_you', next_action: { type: 'open_url' } })
  const { url: link } = (told as Told & { next_action: { url: string } }).next_action

  const over = () =>
    vi.waitFor(
      async () => {
        const operation = await readOperation(shop.db, id)
        if (!operation.finishedAt) throw new Error(`it is ${operation.status}`)
        return operation
      },
      { timeout: 10_000, interval: 20 },
    )
  async function cancel() {
    await call('cancel_operation', { operation_id: id })
    expect(await over()).toMatchObject({ status: 'cancelled' })
  }
  return { id, link, path: new URL(link).pathname, over, cancel }
}

/** Where the page of a wait leads on to: the bank's, or the one for a card. */
export async function pageBehind(visitor: Visitor, path: string): Promise<string> {
  await visitor.get(path)
  const { body } = await visitor.post(path)
  const [, url = ''] = /class="button" href="([^"]+)"/.exec(body) ?? []
  return url
}

/** The same for the person whose operation it is, in a browser of their own. */
export async function pageOf(shop: Shop, name: string, id: OperationId): Promise<string> {
  const { link } = await shop.db
    .selectFrom('operations')
    .select('link')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return pageBehind(await shop.visitor(name), `/o/${link}`)
}

/** Looks until an operation is over, whatever it waits for meanwhile. */
export async function untilItIsOver({ call }: Assistant, started: Promise<Told>): Promise<Told> {
  let told = await started
  while (told.status === 'running' || told.status === 'waiting_for_you')
    told = await call('get_operation', { operation_id: told.operation_id, wait_ms: 1_000 })
  return told
}
