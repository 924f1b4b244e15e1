import { moneyText } from '../../src/kernel/money.ts'
import { escape } from './html.ts'
import { type IntentMoney, moneyIn } from './money.ts'
import type { Store } from './store.ts'

/** The home page of the stand-in: its payments, newest first. It has no script and no outside resource. */
export function pageOf(store: Store): string {
  const { intents, totals } = moneyIn(store)
  const rows = [...intents].reverse().map(rowOf).join('\n')
  const table = intents.length
    ? `<table><thead><tr><th>Payment<th>Order<th>Status<th class="n">Captured<th class="n">Refunded<th class="n">Net</tr></thead>
<tbody>${rows}</tbody></table>`
    : '<p>No payment yet. Buy something, then load this page again.</p>'
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sandbox Stripe</title><link rel="icon" href="data:,"><style>${STYLE}</style></head>
<body><main><h1>Sandbox Stripe</h1>
<p>A stand-in that speaks Stripe's wire protocol on this machine. No real money moves.</p>
<p><strong>${totals.succeeded_charges}</strong> succeeded charges, <strong>${totals.open_intents}</strong> open payments.
Programs read more at <code>/_sim/money</code>, <code>/_sim/requests</code> and <code>/_sim/violations</code>.</p>
${table}</main></body></html>`
}

function rowOf(intent: IntentMoney): string {
  const money = (amountMinor: number) => moneyText({ amountMinor, currency: intent.currency.toUpperCase() })
  return `<tr><td><code>${escape(intent.payment_intent)}</code><td><code>${escape(intent.order_id ?? '–')}</code><td>${escape(intent.status)}
<td class="n">${money(intent.captured)}<td class="n">${money(intent.refunded)}<td class="n">${money(intent.net)}</tr>`
}

const STYLE = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{margin:0}
main{max-width:64rem;margin:2rem auto;padding:0 1rem;overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.5rem;border-bottom:1px solid #8886}.n{text-align:right;white-space:nowrap}code{font-size:.85em}`
