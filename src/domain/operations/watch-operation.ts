import { setTimeout as sleep } from 'node:timers/promises'
import type { CustomerId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { Operation } from './operation.ts'
import { findOperation } from './operation-store.ts'

/** Between two reads of the row, in ms. */
const READ_EVERY_MS = 250

export interface Watch {
  id: string
  customer: CustomerId
  until: (operation: Operation) => boolean
  withinMs: number
  /** Ends the watch early; never the operation. */
  signal?: AbortSignal
}

/**
 * Re-reads a customer's operation until `until` holds, `withinMs` have passed or `signal` fires, and returns the last
 * row it read. Reads at least once, and refuses as `findOperation` does. It needs no worker: the row is the truth.
 */
export async function watchOperation(
  db: Db,
  { id, customer, until, withinMs, signal }: Watch,
): Promise<Operation> {
  for (const end = performance.now() + withinMs; ;) {
    const operation = await findOperation(db, { id, customer })
    const left = end - performance.now()
    if (until(operation) || left <= 0 || signal?.aborted) return operation
    // an aborted sleep ends the watch with one more read
    await sleep(Math.min(left, READ_EVERY_MS), undefined, { signal }).catch(() => undefined)
  }
}
