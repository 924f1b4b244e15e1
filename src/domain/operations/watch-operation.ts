import type { CustomerId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { Operation } from './operation.ts'
import { findOperation } from './find-operation.ts'
import { nextChange } from './row-changes.ts'

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
 * Reads a customer's operation after each change of its row, until `until` returns true, `withinMs` have passed or
 * `signal` fires. Returns the last row that it read. Reads at least once. Refuses what `findOperation` refuses.
 */
export async function watchOperation(
  db: Db,
  { id, customer, toStop, until, withinMs, signal }: Watch,
): Promise<Operation> {
  const end = performance.now() + withinMs
  let version: string | undefined
  for (;;) {
    const operation = await findOperation(db, { id, customer, toStop })
    const remaining = end - performance.now()
    if (until(operation) || remaining <= 0 || signal?.aborted) return operation
    version = await nextChange(db, { id: operation.id, since: version, withinMs: remaining, signal })
  }
}
