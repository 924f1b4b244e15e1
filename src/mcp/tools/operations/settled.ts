import { setTimeout as sleep } from 'node:timers/promises'
import { findOperation, type Operation } from '#domain/operations'
import type { Context } from '../../call/tool.ts'

const LOOK_EVERY_MS = 250

export interface Patience {
  waitMs: number
  isSettled: (operation: Operation) => boolean
}

/** Re-reads the row: it is the truth, and no worker has to be up for it. */
export async function settled(
  id: string,
  { waitMs, isSettled }: Patience,
  { db, caller, signal }: Pick<Context, 'db' | 'caller' | 'signal'>,
): Promise<Operation> {
  for (const end = Date.now() + waitMs; ;) {
    const operation = await findOperation(db, { id, customer: caller.customer })
    if (isSettled(operation) || Date.now() >= end || signal.aborted) return operation
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined)
  }
}
