import type { quotePurchase } from '#domain/cart'
import { nextStepAfter } from '../../call/next-steps.ts'

/** A quote as a model reads it. A refusal by the spending limits has its next step. */
export function shownQuote({ spending, ...quote }: Awaited<ReturnType<typeof quotePurchase>>) {
  if (!spending) return quote
  const { left, refusal } = spending
  const refused = refusal && {
    code: refusal.code,
    message: refusal.message,
    next_step: nextStepAfter(refusal),
  }
  return { ...quote, spending: { left, ...(refused && { refused }) } }
}
