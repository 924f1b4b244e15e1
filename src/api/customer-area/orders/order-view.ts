import { type Invoice, InvoiceDiffers, taxText } from '#domain/invoices'
import type { DetailedLine, OrderDetails } from '#domain/orders'
import type { OrgAccess } from '#domain/orgs'
import { moneyText } from '#kernel/money'
import { BUYING_STEPS } from '../buying-next-steps.ts'
import { badge } from '../components/badge.ts'
import { linkButton } from '../components/button.ts'
import { card, facts } from '../components/card.ts'
import { notice } from '../components/notice.ts'
import { table } from '../components/table.ts'
import { dayWords, editionName, momentText } from '../components/text.ts'
import { html, type Html } from '../html.ts'
import type { Page } from '../layout.ts'
import { statusBadge } from '../licences/words.ts'
import { cardText } from './invoice-text.ts'
import { STATUS_WORDS } from './list-view.ts'
import { ORDERS_CRUMB } from './visit.ts'

export function orderView(
  org: OrgAccess,
  order: OrderDetails,
  { found, path }: { found: Invoice | InvoiceDiffers | undefined; path: string | undefined },
): Page {
  const invoice = found instanceof InvoiceDiffers ? undefined : found
  const { text, tone } = STATUS_WORDS[order.status]
  return {
    title: `Order of ${dayWords(order.placedAt)}`,
    heading: moneyText(order.total),
    lead: html`${badge(text, tone)} ${org.name} · <span class="mono">${order.id}</span>`,
    breadcrumb: [ORDERS_CRUMB],
    ...(invoice && {
      action: linkButton(`/account/invoices/${invoice.id}.pdf`, `Invoice ${invoice.number} (PDF)`),
    }),
    body: html`${found instanceof InvoiceDiffers && differs(found)} ${state(order, path)}
    ${card('Order', facts(about(order)))} ${order.lines.map((line) => linePart(line))} ${licences(order)}
    ${invoice && receipt(invoice)}`,
  }
}

const differs = ({ message }: InvoiceDiffers): Html =>
  notice({ tone: 'bad', text: `${message} ${BUYING_STEPS.invoice_differs.text}` })

function state(order: OrderDetails, path: string | undefined): Html | false {
  if (order.status === 'open')
    return notice({
      tone: 'info',
      text: path
        ? 'This purchase is not finished.'
        : `This purchase is not finished. ${order.placedBy} sees what it waits for.`,
      ...(path && { action: linkButton(path, 'See what it waits for') }),
    })
  if (order.status === 'cancelled')
    return notice({
      tone: 'warn',
      text: order.invoice
        ? 'This order was taken back after its delivery. What was paid for it is paid back.'
        : 'Nothing of this order was bought.',
    })
  return order.lines.some(({ state: is }) => is === 'void') && notice({ tone: 'warn', text: NOT_ALL })
}

const NOT_ALL =
  'Not everything was bought. Beside each vendor you see what was charged and what was paid back.'

const about = ({ placedBy, placedAt, endedAt, deliveredTo, total }: OrderDetails) => [
  ['Placed by', placedBy] as const,
  ['Placed', momentText(placedAt)] as const,
  ...(endedAt ? ([['Ended', momentText(endedAt)]] as const) : []),
  ...(deliveredTo === undefined
    ? []
    : ([
        ['For the project', html`<a href="/account/projects/${deliveredTo.id}">${deliveredTo.name}</a>`],
      ] as const)),
  ['Total', moneyText(total)] as const,
]

const LINE_WORDS = {
  open: { text: 'not decided yet', tone: 'warn' },
  paid: { text: 'bought', tone: 'good' },
  void: { text: 'not bought', tone: 'info' },
} as const

function linePart({ vendorName: vendor, state: is, total, charge, items }: DetailedLine): Html {
  const word = LINE_WORDS[is]
  return html`<section>
    <div class="section-head">
      <h2>From ${vendor} ${badge(word.text, word.tone)}</h2>
      <span class="small">${chargeText(is, charge, total)}</span>
    </div>
    ${table({
      caption: `What was ordered from ${vendor}`,
      isCaptionHidden: true,
      columns: [{ title: 'Package' }, { title: 'Price', isNumber: true }],
      rows: items.map(({ package: name, edition, model, price }) => [
        html`<span class="mono">${name}</span><br />
          <span class="small">${editionName(edition)}, ${MODEL_WORDS[model]}</span>`,
        moneyText(price),
      ]),
      total: ['Together', moneyText(total)],
    })}
  </section>`
}

const MODEL_WORDS = { free: 'free', one_time: 'one payment', yearly: 'one year' } as const

function chargeText(
  is: DetailedLine['state'],
  charge: DetailedLine['charge'],
  { amountMinor }: DetailedLine['total'],
): Html | string {
  if (!charge && is === 'open' && amountMinor) return 'Not paid yet'
  if (!charge) return amountMinor ? 'Nothing was charged' : 'Nothing to pay'
  const { state: of, settledAt } = charge
  if (of === 'succeeded')
    return is === 'void' ? 'Paid; it is being paid back' : html`Paid ${settledAt && momentText(settledAt)}`
  if (of === 'refunded') return html`Paid back ${settledAt && momentText(settledAt)}`
  if (of === 'pending')
    return is === 'void' ? 'Not known yet whether it was charged; if so, it is paid back' : 'Not paid yet'
  return of === 'declined' ? 'Declined; nothing was charged' : 'Nothing was charged'
}

const OUTCOME_WORDS = {
  bought: 'Bought',
  renewed: 'Renewed',
  used_existing: 'Your org had it',
  already_installed: 'Was installed already',
  covered: 'Comes with another package',
} as const

const licences = ({ licences: all }: OrderDetails): Html | false =>
  all.length > 0 &&
  html`<section>
    <div class="section-head"><h2>Licences</h2></div>
    ${table({
      caption: 'The licences of this order',
      isCaptionHidden: true,
      columns: [{ title: 'Licence' }, { title: 'What happened' }, { title: 'State' }],
      rows: all.map(({ id, package: name, outcome, status }) => [
        html`<a class="mono" href="/account/licences/${id}">${name}</a>`,
        status === 'reserved' ? 'Not bought yet' : OUTCOME_WORDS[outcome],
        statusBadge({ status }),
      ]),
    })}
  </section>`

const receipt = ({ number, issuedAt, document, total }: Invoice): Html => {
  const { buyer, seller, tax, lines } = document
  const cards = [...new Set(lines.flatMap((line) => (line.card ? [cardText(line.card)] : [])))]
  const address = (of: { name: string; address: readonly string[]; vatId?: string | undefined }) =>
    [of.name, ...of.address, ...(of.vatId ? [`VAT id ${of.vatId}`] : [])].join(', ')
  return card(
    `Invoice ${number}`,
    facts([
      ['Issued', momentText(issuedAt)],
      ['To', address(buyer)],
      ['From', address(seller)],
      ['Paid by', cards.join(', ') || 'card'],
      ['Tax', taxText(tax)],
      ['Total', moneyText(total)],
    ]),
  )
}
