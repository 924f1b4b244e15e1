import { describe, expect, test } from 'vitest'
import type { SpendingRules } from '#domain/spending'
import {
  parseSpendingForm,
  spendingFields,
  spendingValues,
} from '../../src/api/customer-area/spending-form.ts'

const RULES: SpendingRules = {
  limits: [
    { currency: 'EUR', perPurchase: 50_000, perDay: 100_050, perMonth: 500_000 },
    { currency: 'JPY', perPurchase: 500, perDay: 600, perMonth: 700 },
  ],
  vendors: ['northwind', 'fabrikam'],
  subscriptions: true,
}
const FORM = {
  spending_currency_0: 'EUR',
  spending_per_purchase_0: '500',
  spending_per_day_0: '1000.50',
  spending_per_month_0: '5000.00',
}
const LIMIT = RULES.limits[0]

/** What a browser sends for the fields of this markup. */
function sentBy(markup: string): Record<string, string> {
  const sent: Record<string, string> = {}
  for (const [tag] of markup.matchAll(/<input[^>]*>/gs)) {
    const of = (name: string) => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1]
    if (of('type') === 'checkbox' && !/\schecked\s/.test(tag)) continue
    sent[of('name') ?? ''] = of('value') ?? ''
  }
  for (const [, name = '', options = ''] of markup.matchAll(
    /<select[^>]*\sname="([^"]*)".*?>(.*?)<\/select>/gs,
  ))
    sent[name] =
      /<option value="(\w+)" selected>/.exec(options)?.[1] ?? /<option value="(\w+)"/.exec(options)?.[1] ?? ''
  return sent
}
const fieldsOf = (rules: SpendingRules) =>
  spendingFields({ values: spendingValues(rules), currencies: ['EUR', 'USD'] }).markup

describe('the form of the spending rules', () => {
  test.for([
    ['several currencies and vendors', RULES],
    [
      'one currency, all vendors and no subscriptions',
      { limits: [LIMIT], vendors: 'all', subscriptions: false },
    ],
  ] as const)('a form that shows %s and is sent unchanged gives the same rules', ([, rules]) => {
    expect(parseSpendingForm(sentBy(fieldsOf(rules as SpendingRules)))).toEqual({ ok: true, rules })
  })

  test('a person adds a currency in the empty group, and removes one by emptying its amounts', () => {
    const sent = sentBy(fieldsOf(RULES))
    for (const name of ['per_purchase', 'per_day', 'per_month']) {
      sent[`spending_${name}_1`] = ''
      sent[`spending_${name}_2`] = '7'
    }

    const USD = { currency: 'USD', perPurchase: 700, perDay: 700, perMonth: 700 }
    expect(parseSpendingForm(sent)).toEqual({ ok: true, rules: { ...RULES, limits: [LIMIT, USD] } })
  })

  test('a group with amounts has a fixed currency, and a new one only those that have no limits', () => {
    const both = {
      ...spendingValues({ ...RULES, limits: RULES.limits.slice(0, 1) }),
      spending_currency_1: 'USD',
      spending_per_day_1: '7',
    }
    const optionsOf = (values: Record<string, string>) =>
      [
        ...spendingFields({ values, currencies: ['EUR', 'USD'] }).markup.matchAll(/<option value="(\w+)"/g),
      ].map(([, currency]) => currency)

    expect(optionsOf({})).toEqual(['EUR', 'USD'])
    expect(optionsOf(spendingValues(RULES))).toEqual(['USD'])
    expect(optionsOf(both)).toEqual([])
  })

  test('vendors may be separated by commas, spaces and lines, in any case, and twice', () => {
    const sent = { ...FORM, spending_vendors: ' Northwind, fabrikam\r\n northwind ' }

    expect(parseSpendingForm(sent)).toMatchObject({ rules: { vendors: ['northwind', 'fabrikam'] } })
  })

  test.for([
    [{}, { spending: 'Enter the limits of at least one currency.' }],
    [{ spending_per_day_0: '1,000' }, { spending_per_day_0: 'Enter an amount, such as 500 or 500.00.' }],
    [{ spending_per_day_0: '' }, { spending_per_day_0: 'Enter an amount, such as 500 or 500.00.' }],
    [{ spending_per_day_0: '-5' }, { spending_per_day_0: 'Enter an amount, such as 500 or 500.00.' }],
    [{ spending_per_day_0: ['5', '6'] }, { spending_per_day_0: 'Enter an amount, such as 500 or 500.00.' }],
    [
      { spending_currency_0: 'JPY', spending_per_day_0: '5.00', spending_per_month_0: '5' },
      { spending_per_day_0: 'Enter an amount, such as 500.' },
    ],
    [{ spending_currency_0: 'euro' }, { spending_currency_0: 'Choose a currency.' }],
    [
      {
        spending_currency_3: 'EUR',
        spending_per_purchase_3: '1',
        spending_per_day_3: '1',
        spending_per_month_3: '1',
      },
      { spending_currency_3: 'EUR has limits already.' },
    ],
    [{ spending_vendors: '<b>' }, { spending_vendors: '<b> is no vendor. Enter names such as northwind.' }],
    [
      { spending_vendors: Array.from({ length: 51 }, (_, i) => `v${i}`).join() },
      { spending_vendors: 'Enter at most 50 vendors.' },
    ],
  ] as const)('the form with %j is refused with %j', ([changed, errors]) => {
    const sent = Object.keys(changed).length ? { ...FORM, ...changed } : {}

    expect(parseSpendingForm(sent)).toEqual({ ok: false, errors, values: expect.anything() })
  })

  test('a body that is no form is refused like an empty one', () => {
    for (const body of [undefined, null, 'x', [], { constructor: { a: 1 }, spending_per_day_0: null }])
      expect(parseSpendingForm(body)).toMatchObject({ ok: false, errors: { spending: expect.any(String) } })
  })

  test('a refused form is shown again with what was typed, escaped, and each error belongs to its field', () => {
    const parsed = parseSpendingForm({ ...FORM, spending_per_day_0: '"><script>' })
    if (parsed.ok) throw new Error('it has to be refused')

    const { markup } = spendingFields({ ...parsed, currencies: ['EUR'], idPrefix: 'con_1' })

    expect(markup).not.toContain('<script>')
    expect(markup).toContain('value="&#34;&#62;&#60;script&#62;"')
    expect(markup).toMatch(
      /id="con_1-spending_per_day_0"[^>]*aria-describedby="con_1-spending_per_day_0-hint con_1-spending_per_day_0-mistake"\s+aria-invalid="true"/,
    )
    expect(markup).toContain('id="con_1-spending_per_day_0-mistake"')
  })

  test('each field has a label, each description exists, and no id is twice on a page with two forms', () => {
    const forms = ['a', 'b'].map(
      (idPrefix) =>
        spendingFields({
          values: spendingValues(RULES),
          errors: { spending_currency_0: 'no', spending_per_day_0: 'no', spending_vendors: 'no' },
          currencies: ['EUR', 'USD'],
          idPrefix,
        }).markup,
    )
    const page = forms.join('')
    const all = (pattern: RegExp) => [...page.matchAll(pattern)].map(([, text = '']) => text)
    const ids = all(/\sid="([^"]*)"/g)

    expect(new Set(ids).size).toBe(ids.length)
    for (const described of all(/aria-describedby="([^"]*)"/g))
      for (const id of described.split(' ')) expect(ids).toContain(id)
    const labelled = all(/<label for="([^"]*)"/g)
    for (const [, id = ''] of page.matchAll(/<(?:input|select)[^>]*?\sid="([^"]*)"/gs))
      expect(labelled).toContain(id)
  })
})
