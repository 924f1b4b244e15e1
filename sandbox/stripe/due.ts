import type { Bank } from './bank.ts'
import { GENERIC_DECLINE } from './cards.ts'
import { expireOverdue } from './checkout-sessions.ts'
import { endProcessing } from './payment-attempts.ts'
import { endRefund } from './refunds.ts'

/** Does what is due by the clock of the stand-in. */
export function doWhatIsDue(bank: Bank): void {
  expireOverdue(bank)
  const { store } = bank
  for (const { id, at, ends } of store.all('outcomes')) {
    if (at > store.now()) continue
    const intent = store.get('payment_intents', id)
    if (intent) endProcessing(bank, intent, ends === 'succeeded' ? ends : GENERIC_DECLINE)
    else endRefund(bank, id, ends)
  }
}
