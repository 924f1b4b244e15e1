import type { Operation } from '#domain/operations'
import { type PurchaseFacts, purchasesOf } from '#domain/orders'
import { type Money, moneyText, sumOf } from '#kernel/money'
import { shownMoney } from '#kernel/schemas'
import type { Context } from '../call/tool.ts'
import type { Handle } from './handle-schema.ts'

/** What to do about an operation that waits for its person: who has to do what, for which amount, and what is paid. */
export async function actionOf(
  { db, person }: Pick<Context, 'db' | 'person'>,
  { id, url, waitingFor, waitingUntil }: Operation,
): Promise<Handle['next_action']> {
  const bill = billOf((await purchasesOf(db, [id])).get(id), waitingFor)
  return {
    type: 'open_url',
    url,
    reason: waitingFor,
    expires_at: waitingUntil?.toISOString(),
    sign_in_as: person.email,
    ...(bill && {
      amount: shownMoney(bill.amount),
      vendor: bill.vendor,
      already_paid: bill.paid.map(({ vendor, total }) => ({ vendor, amount: shownMoney(total) })),
    }),
    message: `Ask the user to open the URL, signed in as ${person.email}${inWords(bill)}, then call get_operation. Do not start again with a new key.`,
  }
}

interface Bill {
  amount: Money
  /** Slugs, when a card is needed for several. */
  vendor: string
  paid: PurchaseFacts['lines']
}

/** A bank asks about one payment; a card is needed for all that are open. */
function billOf(purchase: PurchaseFacts | undefined, waitingFor: Operation['waitingFor']): Bill | undefined {
  if (!purchase) return undefined
  const open = purchase.lines.filter(({ state, total }) => state === 'open' && total.amountMinor > 0)
  const due = waitingFor === 'authentication' ? open.slice(0, 1) : open
  const [first] = due
  if (!first) return undefined
  return {
    amount: sumOf(
      first.total.currency,
      due.map(({ total }) => total),
    ),
    vendor: due.map(({ vendor }) => vendor).join(', '),
    paid: purchase.lines.filter(({ state, total }) => state === 'paid' && total.amountMinor > 0),
  }
}

function inWords(bill: Bill | undefined): string {
  if (!bill) return ''
  const { amount, vendor, paid } = bill
  const already = paid.map((line) => `${moneyText(line.total)} to ${line.vendor}`)
  return ` (${moneyText(amount)} to ${vendor}; ${already.length ? `already paid: ${already.join(', ')}` : 'nothing is paid yet'})`
}
