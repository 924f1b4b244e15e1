import { operation } from './operation.ts'
import { failureOf, NO_CARD_ADDED } from './refusals.ts'
import { retryForMinutes, now, retryForever } from './steps.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** Waits until a person saves a card on the page behind the operation's link. */
export const startAddPaymentMethod = operation(async ({ operationId, waitFor }) => {
  await retryForMinutes.beginCardWait({ operationId, at: now() })
  const look = () => retryForever.lookForAddedCard({ operationId, at: now() })
  const card = await waitFor({ for: 'payment_method', until: Date.now() + DAY_MS, look })
  if (card) return { payment_method: card }
  throw failureOf(NO_CARD_ADDED)
})
