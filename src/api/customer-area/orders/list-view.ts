import type { MonthlySpend } from '#domain/invoices'
import type { ListedOrder } from '#domain/orders'
import { may, type OrgAccess } from '#domain/orgs'
import { moneyText } from '#kernel/money'
import { currencyCode, moment } from '#kernel/schemas'
import { badge } from '../components/badge.ts'
import { button, linkButton } from '../components/button.ts'
import { emptyState } from '../components/empty-state.ts'
import { field, select } from '../components/field.ts'
import { notice } from '../components/notice.ts'
import { smallBars } from '../components/small-bars.ts'
import { dayText, dotted, monthWords } from '../components/text.ts'
import { html, type Html } from '../html.ts'
import type { Page } from '../layout.ts'
import { billingNotice } from './billing-notice.ts'
import { addressOf, AMOUNT_LABELS, type ListQuery, STATUSES, type WrongQuery } from './list-query.ts'
import { BILLING, ORDERS } from './visit.ts'

export const MONTHS = 12

export const nothingToSee: Page = {
  title: 'Orders',
  heading: 'Orders',
  body: emptyState({
    symbol: 'receipt',
    title: 'No orders to see',
    text: 'Your role does not see what this org buys. Choose another org, or ask an owner or admin.',
  }),
}

interface OrderList {
  org: OrgAccess
  query: ListQuery
  /** Instead of `query`, which is then empty. */
  wrong: WrongQuery | undefined
  /** In which orders may be. */
  currencies: readonly string[]
  orders: readonly ListedOrder[]
  hasMore: boolean
  months: readonly MonthlySpend[]
  /** The visitor may say to whom invoices are made out, and nobody has. */
  asksForDetails: boolean
  at: Date
}

export function listView(list: OrderList): Page {
  const { org, orders, query, wrong, asksForDetails } = list
  const isFiltered = Object.values(query).some((value) => value !== undefined)
  const isEmpty = !orders.length && !isFiltered && !wrong
  return {
    title: 'Orders',
    heading: 'Orders',
    lead: `What ${org.name} has bought, newest first.`,
    ...(may(org.role, 'manage_billing_details') && {
      action: linkButton(BILLING, 'Billing details', { kind: 'quiet' }),
    }),
    body: isEmpty
      ? html`${asksForDetails && billingNotice(org, ORDERS)} ${noOrders}`
      : html`${asksForDetails && askForDetails} ${spend(list)} ${filters(list)}
          ${wrong?.other !== undefined && notice({ tone: 'bad', text: wrong.other })}
          <div class="section-head">
            <h2>All orders</h2>
            ${orders.length > 0 && linkButton(addressOf(`${ORDERS}.csv`, filterIn(query)), 'Download CSV', { kind: 'quiet', isSmall: true })}
          </div>
          ${
            orders.length
              ? html`<ul class="rows">
                  ${orders.map(row)}
                </ul>`
              : html`<p>
                  ${wrong ? html`Correct the filter, or <a href="${ORDERS}">show all orders</a>.` : html`No order fits. <a href="${ORDERS}">Show all orders</a>.`}
                </p>`
          }
          ${pages(list)}`,
  }
}

const noOrders = emptyState({
  symbol: 'receipt',
  title: 'No orders yet',
  text: 'What you or your assistants buy is listed here, with its invoice.',
  action: linkButton('/', 'See all packages'),
})

const askForDetails = notice({
  tone: 'info',
  text: 'Invoices have only the name of your org. Say to whom they are made out; later invoices will have it.',
  action: linkButton(BILLING, 'Add billing details', { kind: 'quiet', isSmall: true }),
})

export const STATUS_WORDS = {
  open: { text: 'open', tone: 'warn' },
  completed: { text: 'completed', tone: 'good' },
  cancelled: { text: 'cancelled', tone: 'info' },
} as const

function row({ id, status, packages, placedAt, total, invoice }: ListedOrder): Html {
  const [first = 'An order', ...others] = packages
  const word = STATUS_WORDS[status]
  return html`<li>
    <div class="about">
      <h3>
        <a class="mono" href="${ORDERS}/${id}">${first}</a>
        ${others.length > 0 && html`<span class="small">and ${others.length} more</span>`}
        ${status !== 'completed' && badge(word.text, word.tone)}
      </h3>
      <p class="small">${dotted([dayText(placedAt), invoice !== undefined && `Invoice ${invoice}`])}</p>
    </div>
    <span class="price">${moneyText(total)}</span>
  </li>`
}

function filterIn(query: ListQuery): ListQuery {
  const { after: _, ...filter } = query
  return filter
}

function filters({ query, wrong, currencies }: OrderList): Html {
  const given: Partial<Record<keyof ListQuery, string | undefined>> = wrong?.sent ?? query
  const shown = { ...given, since: dayIn(given.since), until: dayIn(given.until) }
  const { data: chosen } = currencyCode.safeParse(shown.currency)
  const of = (name: keyof ListQuery) => ({ name, value: shown[name], error: wrong?.fields[name] })
  return html`<form class="stack columns" method="get" action="${ORDERS}" aria-label="Filter">
    ${select({
      ...of('status'),
      label: 'Status',
      options: [
        { value: '', text: 'Any' },
        ...STATUSES.map((value) => ({ value, text: STATUS_WORDS[value].text })),
      ],
      chosen: shown.status ?? '',
    })}
    ${field({ ...of('since'), label: 'From (UTC)', type: 'date' })}
    ${field({ ...of('until'), label: 'Before (UTC)', type: 'date' })}
    ${field({ ...of('min'), label: AMOUNT_LABELS.min, inputMode: 'decimal', maxLength: 20 })}
    ${field({ ...of('max'), label: AMOUNT_LABELS.max, inputMode: 'decimal', maxLength: 20 })}
    ${select({
      ...of('currency'),
      label: 'Currency',
      options: [
        { value: '', text: 'Any' },
        ...[...new Set([...currencies, ...(chosen ? [chosen] : [])])].map((code) => ({
          value: code,
          text: code,
        })),
      ],
      chosen: chosen ?? '',
    })}
    ${button('Filter', { kind: 'quiet' })}
  </form>`
}

/** A field for a date takes only a date. What is no moment stays as it was sent. */
const dayIn = (text: string | undefined): string | undefined =>
  moment.safeParse(text).success ? text?.slice(0, 10) : text

function pages({ query, orders, hasMore }: OrderList): Html {
  const filter = filterIn(query)
  const last = orders.at(-1)
  return html`<p class="buttons">
    ${query.after !== undefined && linkButton(addressOf(ORDERS, filter), 'Newest orders', { kind: 'quiet' })}
    ${hasMore && last && linkButton(addressOf(ORDERS, { ...filter, after: last.id }), 'Older orders', { kind: 'quiet' })}
  </p>`
}

/** A figure for each currency, because amounts of several cannot be added. */
function spend({ months, at }: OrderList): Html {
  const byCurrency = Map.groupBy(months, ({ total }) => total.currency)
  return html`${[...byCurrency].map(([currency, spent]) =>
    smallBars({
      caption: `Spent per month in ${currency}, by date of the invoice`,
      columns: ['Month', 'Spent'],
      bars: lastMonths(at).map((month) => {
        const amountMinor = spent.find((each) => each.month === month)?.total.amountMinor ?? 0
        return { label: monthWords(month), value: amountMinor, text: moneyText({ amountMinor, currency }) }
      }),
    }),
  )}`
}

/** Such as `2026-11`, this month last. */
const lastMonths = (at: Date): string[] =>
  Array.from({ length: MONTHS }, (_, i) =>
    new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - MONTHS + 1 + i, 1)).toISOString().slice(0, 7),
  )
