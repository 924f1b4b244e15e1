import type { Operation } from '#domain/operations'
import type { Deal } from '#domain/orders'
import { moneyText } from '#kernel/money'
import { cardText } from './buying/choice-form.ts'
import { badge } from './components/badge.ts'
import { button } from './components/button.ts'
import { facts } from './components/card.ts'
import type { Step } from './components/stepper.ts'
import { table } from './components/table.ts'
import { dayText, editionName } from './components/text.ts'
import { html, type Html } from './html.ts'
import type { Visit } from './opened-operation.ts'
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

const WORDS = {
  paid: ['done', undefined],
  open: ['later', undefined],
  void: ['failed', 'Not bought; nothing is charged for it.'],
} as const

/** A step for each payment. The first that is open is the current one, unless the purchase waits for a person. */
export function paymentSteps({ payments }: Deal, { waits = false } = {}): Step[] {
  const current = waits ? undefined : payments.find(({ state }) => state === 'open')
  return payments
    .filter(({ amount }) => amount.amountMinor > 0)
    .map((payment) => {
      const [state, about] = WORDS[payment.state]
      return {
        name: `${moneyText(payment.amount)} to ${payment.vendor}`,
        state: payment === current ? 'current' : state,
        about,
      }
    })
}

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
      total: ['Total', moneyText(total)],
    })}
  </div>`
