import { z } from 'zod'
import type { SpendingLimit, SpendingRules } from '#domain/spending'
import { amountText, minorUnitsIn } from '#kernel/money'
import { html, type Html } from './html.ts'

/** The texts of the form's fields by name, as the browser sent them. */
export type SpendingValues = Readonly<Record<string, string>>

/** The error text of each invalid field, by its name. */
export type SpendingErrors = Readonly<Record<string, string>>

export interface SpendingFields {
  /** The texts in the fields: `spendingValues(rules)`, or what a person sent and has to correct. */
  values: SpendingValues
  errors?: SpendingErrors
  /** The currencies of the select, ISO 4217. A currency that is only in `values` is added. */
  currencies: readonly string[]
  /** Makes the ids of the fields unique on a page with several forms. */
  idPrefix?: string
}

const AMOUNTS = [
  { name: 'per_purchase', label: 'Per purchase', hint: 'For one purchase.' },
  { name: 'per_day', label: 'Per day', hint: 'From midnight UTC.' },
  { name: 'per_month', label: 'Per month', hint: 'From the first day, UTC.' },
] as const
const MOST_LIMITS = 10
const MOST_VENDORS = 50
const SLUG = /^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/

/** The name of a field of the limit with this number. The form has the numbers 0 to 9. */
const nameOf = (field: string, n: number): string => `spending_${field}_${n}`

/** The texts of the fields that show these rules. */
export function spendingValues({ limits, vendors, subscriptions }: SpendingRules): SpendingValues {
  const values: Record<string, string> = {
    spending_vendors: vendors === 'all' ? '' : vendors.join(', '),
    ...(subscriptions && { spending_subscriptions: 'yes' }),
  }
  for (const [n, limit] of limits.entries()) {
    const { currency } = limit
    values[nameOf('currency', n)] = currency
    values[nameOf('per_purchase', n)] = amountText({ amountMinor: limit.perPurchase, currency })
    values[nameOf('per_day', n)] = amountText({ amountMinor: limit.perDay, currency })
    values[nameOf('per_month', n)] = amountText({ amountMinor: limit.perMonth, currency })
  }
  return values
}

/** The fields of a form that sets spending rules. The page adds the form, its token and its button. */
export function spendingFields(fields: SpendingFields): Html {
  const { values, errors = {}, currencies } = fields
  const numbers = numbersIn(values)
  const used = numbers.map((n) => values[nameOf('currency', n)])
  const unused = currencies.filter((currency) => !used.includes(currency))
  const next = Math.max(-1, ...numbers) + 1
  // an empty group, in which a person without JavaScript adds a currency
  const shown = unused.length && next < MOST_LIMITS ? [...numbers, next] : numbers
  const idOf = idsWith(fields)
  return html`${errors.spending && html`<p class="mistake" role="alert">${errors.spending}</p>`}
    ${shown.map((n) => limitFields(fields, n, { isNew: n === next, unused }))}
    ${textField({
      id: idOf('spending_vendors'),
      name: 'spending_vendors',
      label: 'Vendors it may buy from',
      hint: 'The first part of their package names, such as northwind, separated by commas. Empty: all vendors.',
      value: values.spending_vendors,
      error: errors.spending_vendors,
    })}
    <div class="check">
      <input
        type="checkbox"
        id="${idOf('spending_subscriptions')}"
        name="spending_subscriptions"
        value="yes"
        aria-describedby="${idOf('spending_subscriptions')}-hint"
        ${values.spending_subscriptions === 'yes' && html`checked`}
      />
      <div>
        <label for="${idOf('spending_subscriptions')}">It may buy yearly licences</label>
        <span class="hint" id="${idOf('spending_subscriptions')}-hint">
          They do not renew by themselves.
        </span>
      </div>
    </div>`
}

const idsWith =
  ({ idPrefix }: SpendingFields) =>
  (name: string): string =>
    idPrefix ? `${idPrefix}-${name}` : name

function limitFields(
  fields: SpendingFields,
  n: number,
  { isNew, unused }: { isNew: boolean; unused: readonly string[] },
): Html {
  const { values, errors = {} } = fields
  const idOf = idsWith(fields)
  const name = nameOf('currency', n)
  const sent = values[name]
  const chosen = isNew && !(sent && unused.includes(sent)) ? unused[0] : sent
  // a group with amounts keeps its currency, so that no two groups have the same one
  const isFixed = !isNew && errors[name] === undefined
  return html`<fieldset>
    <legend>
      ${isFixed ? html`Limits in ${chosen}` : isNew && n > 0 ? 'Limits in another currency' : 'Limits'}
    </legend>
    ${isNew && n > 0 && html`<p class="soft">Leave the amounts empty if it may not spend another currency.</p>`}
    ${
      isFixed
        ? html`<input type="hidden" name="${name}" value="${chosen}" />`
        : currencySelect(fields, { name, chosen, unused })
    }
    <div class="amounts">
      ${AMOUNTS.map((each) =>
        textField({
          ...each,
          name: nameOf(each.name, n),
          id: idOf(nameOf(each.name, n)),
          value: values[nameOf(each.name, n)],
          error: errors[nameOf(each.name, n)],
          isAmount: true,
        }),
      )}
    </div>
  </fieldset>`
}

function currencySelect(
  fields: SpendingFields,
  { name, chosen, unused }: { name: string; chosen: string | undefined; unused: readonly string[] },
): Html {
  const id = idsWith(fields)(name)
  const error = fields.errors?.[name]
  const options = [...new Set([...unused, ...(chosen ? [chosen] : [])])]
  return html`<div class="field">
    <label for="${id}">Currency</label>
    <select id="${id}" name="${name}" ${error && atFault(id)}>
      ${options.map((each) => html`<option value="${each}" ${each === chosen && html`selected`}>${each}</option>`)}
    </select>
    ${error && mistakeOf(id, error)}
  </div>`
}

interface TextField {
  id: string
  name: string
  label: string
  hint: string
  value: string | undefined
  error: string | undefined
  isAmount?: true
}

const textField = ({ id, name, label, hint, value, error, isAmount }: TextField): Html =>
  html`<div class="field">
    <label for="${id}">${label}</label>
    <input
      id="${id}"
      name="${name}"
      value="${value}"
      autocomplete="off"
      ${isAmount && html`inputmode="decimal"`}
      aria-describedby="${id}-hint${error && ` ${id}-mistake`}"
      ${error && html`aria-invalid="true"`}
    />
    <p class="soft hint" id="${id}-hint">${hint}</p>
    ${error && mistakeOf(id, error)}
  </div>`

const atFault = (id: string): Html => html`aria-invalid="true" aria-describedby="${id}-mistake"`

const mistakeOf = (id: string, error: string): Html =>
  html`<p class="mistake" id="${id}-mistake">${error}</p>`

export type ParsedSpending =
  | { ok: true; rules: SpendingRules }
  /** The texts and errors with which the caller shows the form again. */
  | { ok: false; values: SpendingValues; errors: SpendingErrors }

/** A field that is missing or sent twice counts as empty. */
const formTexts = z.record(z.string(), z.string().max(4_000).catch('')).catch({})

/** The rules in a form with `spendingFields`. Ignores the other fields of the form. */
export function parseSpendingForm(body: unknown): ParsedSpending {
  const sent = Object.entries(formTexts.parse(body ?? {}))
  const values = Object.fromEntries(
    sent.filter(([name]) => name.startsWith('spending_')).map(([name, text]) => [name, text.trim()]),
  )
  const errors: Record<string, string> = {}
  const limits = numbersIn(values).flatMap((n) => limitIn(values, n, errors))
  if (!limits.length && !Object.keys(errors).length)
    errors.spending = 'Enter the limits of at least one currency.'
  const vendors = vendorsIn(values, errors)
  if (Object.keys(errors).length) return { ok: false, values, errors }
  return { ok: true, rules: { limits, vendors, subscriptions: values.spending_subscriptions === 'yes' } }
}

/** The numbers of the limits that have an amount. */
const numbersIn = (values: SpendingValues): number[] =>
  Array.from({ length: MOST_LIMITS }, (_, n) => n).filter((n) =>
    AMOUNTS.some(({ name }) => values[nameOf(name, n)]),
  )

function limitIn(values: SpendingValues, n: number, errors: Record<string, string>): SpendingLimit[] {
  const currency = values[nameOf('currency', n)] ?? ''
  if (!/^[A-Z]{3}$/.test(currency)) {
    errors[nameOf('currency', n)] = 'Choose a currency.'
    return []
  }
  for (let before = 0; before < n; before++)
    if (numbersIn(values).includes(before) && values[nameOf('currency', before)] === currency)
      errors[nameOf('currency', n)] = `${currency} has limits already.`
  const [perPurchase, perDay, perMonth] = AMOUNTS.map(({ name }) => {
    const amount = minorUnitsIn(values[nameOf(name, n)] ?? '', currency)
    if (amount === undefined) errors[nameOf(name, n)] = `Enter an amount, such as ${examplesIn(currency)}.`
    return amount ?? 0
  })
  return [{ currency, perPurchase: perPurchase ?? 0, perDay: perDay ?? 0, perMonth: perMonth ?? 0 }]
}

/** A currency without minor units has no decimals. */
const examplesIn = (currency: string): string =>
  minorUnitsIn('500.00', currency) === undefined ? '500' : '500 or 500.00'

function vendorsIn(values: SpendingValues, errors: Record<string, string>): SpendingRules['vendors'] {
  const slugs = [
    ...new Set(
      (values.spending_vendors ?? '')
        .toLowerCase()
        .split(/[\s,]+/)
        .filter(Boolean),
    ),
  ]
  const wrong = slugs.find((slug) => !SLUG.test(slug))
  if (wrong) errors.spending_vendors = `${wrong.slice(0, 64)} is no vendor. Enter names such as northwind.`
  if (slugs.length > MOST_VENDORS) errors.spending_vendors = `Enter at most ${MOST_VENDORS} vendors.`
  return slugs.length ? slugs : 'all'
}
