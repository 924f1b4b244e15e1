import type { Operation } from '#domain/operations'
import type { Deal } from '#domain/orders'
import { moneyText, sumOf } from '#kernel/money'
import { cardText } from './buying/choice-form.ts'
import { badge } from './components/badge.ts'
import { button } from './components/button.ts'
import { facts } from './components/card.ts'
import { type Step, stepper } from './components/stepper.ts'
import { table } from './components/table.ts'
import { dayText, editionName, momentText } from './components/text.ts'
import { html, type Html } from './html.ts'
import type { Visit } from './opened-operation.ts'
import { isStopping } from './operation-words.ts'
import { csrfField } from './session.ts'
import { storyWords } from './story-words.ts'

/** For which project it is, and on which card. */
export const dealFacts = ({ project, payments }: Deal): Html => {
  const cards = [...new Set(payments.flatMap(({ card }) => (card === undefined ? [] : [cardText(card)])))]
  return facts([
    ['For', project ?? 'No project: the licences stay with the org'],
    ...(cards.length ? [['Card', cards.join(', ')] as const] : []),
  ])
}

const STEP_STATES = { paid: 'done', open: 'later', void: 'failed' } as const

/** What became of the charge of a payment that is not made. It is void before its charge is undone. */
const VOID_WORDS: Partial<Record<NonNullable<Deal['payments'][number]['charge']>, string>> = {
  refunded: 'Not bought; it was paid back.',
  succeeded: 'Not bought; it is being paid back.',
  pending: 'Not bought; if it was charged, it is paid back.',
}

/** A step for each payment. The first that is open is the current one, unless the purchase waits or is cancelled. */
export function paymentSteps({ payments }: Deal, { waits = false } = {}): Step[] {
  const current = waits ? undefined : payments.find(({ state }) => state === 'open')
  return payments
    .filter(({ amount }) => amount.amountMinor > 0)
    .map((payment) => ({
      name: `${moneyText(payment.amount)} to ${payment.vendor}`,
      state: payment === current ? 'current' : STEP_STATES[payment.state],
      about:
        payment.state === 'void'
          ? (VOID_WORDS[payment.charge ?? 'cancelled'] ?? 'Not bought; nothing is charged for it.')
          : undefined,
    }))
}

/** The steps of a purchase that runs. While it is cancelled no charge is the current one. */
export function runningSteps(operation: Operation, deal: Deal): Html {
  const { connectionId, createdAt } = operation
  const stops = isStopping(operation, deal)
  const isAnyPaid = deal.payments.some(({ state }) => state === 'paid')
  return stepper([
    { name: connectionId ? 'Your assistant asked' : 'You asked', state: 'done', time: momentText(createdAt) },
    ...paymentSteps(deal, { waits: stops }),
    ...(stops ? [{ name: 'We cancel what is not paid', state: 'current' } as const] : []),
    ...(!stops || isAnyPaid ? [{ name: 'We activate the licences', state: 'later' } as const] : []),
  ])
}

/** What became of the money of a cancelled purchase. */
export const moneyAfterCancel = (deal: Deal): string => moneyOf(deal, 'Nothing was charged.')

/** What became of the money for the part of a purchase that was not bought. */
export const moneyOfRest = (deal: Deal): string => {
  const payments = deal.payments.filter(({ state }) => state === 'void')
  return moneyOf({ ...deal, payments }, 'Nothing was charged for it.')
}

/**
 * A charge is pending while our undo does not know its result; one with
 * a refund that the bank has not decided yet counts as succeeded.
 */
function moneyOf({ payments, total: { currency } }: Deal, nothing: string): string {
  const sentences = MONEY_WORDS.flatMap(([state, words]) => {
    const amounts = payments.filter(({ charge }) => charge === state).map(({ amount }) => amount)
    return amounts.length ? [words(moneyText(sumOf(currency, amounts)))] : []
  })
  return sentences.join(' ') || nothing
}

const MONEY_WORDS = [
  ['refunded', (sum: string) => `${sum} was charged and has been paid back.`],
  ['succeeded', (sum: string) => `${sum} was charged and is being paid back.`],
  ['pending', (sum: string) => `We do not know yet whether ${sum} was charged; if it was, it is paid back.`],
] as const

/** Stops a purchase or a publication, as long as that is possible, and leads back to its page. */
export function cancelForm({ operation, link, reply }: Visit): Html | false {
  const stop = storyWords(operation)?.stop
  if (stop === undefined || !operation.cancellable || operation.cancelRequested) return false
  return html`<form method="post" action="/account/operations/${operation.id}/stop">
    ${csrfField(reply)}
    <input type="hidden" name="continue" value="/o/${link}" />
    ${button(stop, { kind: 'danger', isSmall: true })}
  </form>`
}

const STATES: Record<Deal['items'][number]['state'], Html> = {
  open: badge('not paid yet', 'warn'),
  paid: badge('paid', 'good'),
  void: badge('not bought'),
}

/** For how long it is bought, and what comes with it. */
function termOf({ model, renewal, covers }: Deal['items'][number]): Html {
  const term = renewal
    ? html`, renewed from ${dayText(renewal.from)} to ${dayText(renewal.until)}`
    : model === 'yearly' && html`, with updates for a year; it does not renew by itself`
  return html`${term}${covers.length > 0 && html`; with ${covers.join(', ')}`}`
}

/** A purchase that only uses what the org has buys no items. */
const isNotBought = (items: Deal['items']): boolean =>
  items.length > 0 && items.every(({ state }) => state === 'void')

export const dealTable = ({ orgName }: Operation, { items, total, lines }: Deal): Html =>
  html`<div class="deal">
    ${table({
      caption: `The purchase for ${orgName}`,
      columns: [{ title: 'Package' }, { title: 'Price', isNumber: true }],
      rows: items.map((item) => [
        html`<span class="mono">${item.package}</span><br />
          <span class="small">${editionName(item.edition)}${termOf(item)}</span>
          ${lines > 1 && STATES[item.state]}`,
        moneyText(item.price),
      ]),
      total: [isNotBought(items) ? 'Was not bought' : 'Total', moneyText(total)],
    })}
  </div>`
