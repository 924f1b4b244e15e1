import type { Bank } from './bank.ts'
import type { Outcome } from './store.ts'

const AFTER = 60

/** Something ends a minute later, by the clock of the stand-in. Whoever steers the stand-in may end it earlier. */
export function comesLater({ store }: Bank, id: string, ends: Outcome['ends']): void {
  store.put('outcomes', { id, ends, at: store.now() + AFTER })
}
