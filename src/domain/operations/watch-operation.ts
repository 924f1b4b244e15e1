import { setTimeout as sleep } from 'node:timers/promises'
import type { CustomerId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { Operation } from './operation.ts'
import { findOperation } from './operation-store.ts'

/** The time between two reads of the row, in ms. */
const READ_EVERY_MS = 250

export interface Watch {
  id: string
  customer: CustomerId
  /** As in `findOperation`. */
  toStop?: boolean | undefined
  until: (operation: Operation) => boolean
  withinMs: number
  /** Ends the watch early. Does not cancel the operation. */
  signal?: AbortSignal
}

/**
 * Reads a customer's operation again and again, until `until` returns true, `withinMs` have passed or `signal` fires.
 * Returns the last row that it read. Reads at least once. Refuses what `findOperation` refuses.
 */
export async function watchOperation(
  db: Db,
  { id, customer, toStop, until, withinMs, signal }: Watch,
): Promise<Operation> {
  for (const end = performance.now() + withinMs; ;) {
    const operation = await findOperation(db, { id, customer, toStop })
    const remaining = end - performance.now()
    if (until(operation) || remaining <= 0 || signal?.aborted) return operation
    // when the sleep is aborted, the watch ends after one more read
    await sleep(Math.min(remaining, READ_EVERY_MS), undefined, { signal }).catch(() => undefined)
  }
}
