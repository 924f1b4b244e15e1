import { describe, expect, test } from 'vitest'
import { canonicalJson } from '#kernel/canonical-json'
import { isId, mintId } from '#kernel/ids'
import { currencyRules } from '#kernel/currencies'
import { amountText, leastCharge, minorUnitsIn, moneyText, shareOf, sumOf } from '#kernel/money'
import { packageName, projectName } from '#kernel/schemas'

describe('an id', () => {
  test('ids sort by their time, whatever their random part is', () => {
    const early = mintId('ord', 1_700_000_000_000, () => 0.999)
    const late = mintId('ord', 1_700_000_000_001, () => 0)
    expect(early < late).toBe(true)
    expect(mintId('ord', 1_700_000_000_000, () => 0.999)).toBe(early)
  })

  test('an id is valid only with the prefix of its type and 26 characters', () => {
    expect(isId('ord', mintId('ord', Date.now(), Math.random))).toBe(true)
    for (const wrong of ['org_01KB000000000000000000000', 'ord_', 'ord_01kb0000000000000000000000', 'ord_1'])
      expect(isId('ord', wrong)).toBe(false)
  })
})

describe('a package name', () => {
  const isValid = (name: string) => packageName.safeParse(name).success

  test('a package name is valid when Composer accepts it and it is in lower case', () => {
    for (const name of ['a/b', 'northwind/module-search', 'a_b.c-d/e_f.g--h', '0/1'])
      expect(isValid(name)).toBe(true)
    for (const name of ['a', 'A/b', 'a/b/c', 'a--b/c', 'a/b---c', '-a/b', 'a-/b', 'a/-b', 'a/b-', 'a/_', ''])
      expect(isValid(name), name).toBe(false)
  })

  test.for(['a', '0-', 'a/b--'])('a long package name that repeats %j is checked in linear time', (part) => {
    const since = performance.now()
    isValid(`${part.repeat(190 / part.length)}!`)
    isValid(`a/${'a'.repeat(190)}!`)
    expect(performance.now() - since).toBeLessThan(5_000)
  })
})

describe('a name', () => {
  test.for([
    ['فروشگاه می\u200Cخواهم', true],
    ['Shop 👩\u200D💻', true],
    ['\u200D\u200C', false],
    ['Ann\u202Eexe', false],
    ['Ann\u200Fexe', false],
    ['one\ntwo', false],
    ['one\u2028two', false],
    ['a\u0000b', false],
    ['a\u200Bb', false],
    ['a\uD800b', false],
    ['Аcme live', false],
    ['Магазин-2', true],
  ] as const)('the name %j is taken: %s', ([name, expected]) => {
    expect(projectName.safeParse(name).success).toBe(expected)
  })

  test('a name that is too long is refused for its length alone', () => {
    const { error } = projectName.safeParse('Аb\n'.repeat(50))

    expect(error?.issues.map(({ code }) => code)).toEqual(['too_big'])
  })
})

describe('money', () => {
  test('an amount of money is written with its decimals and its currency', () => {
    expect(moneyText({ amountMinor: 4900, currency: 'EUR' })).toBe('49.00 EUR')
    expect(moneyText({ amountMinor: 5, currency: 'EUR' })).toBe('0.05 EUR')
    expect(moneyText({ amountMinor: -150, currency: 'USD' })).toBe('-1.50 USD')
    expect(moneyText({ amountMinor: -123_456_789, currency: 'EUR' })).toBe('-1,234,567.89 EUR')
    expect(moneyText({ amountMinor: 1_500, currency: 'JPY' })).toBe('1,500 JPY')
  })

  // amount in minor units, currency, its text, the smallest step, and whether we settle in it
  test.for([
    [12_500, 'EUR', '125.00', 1, true],
    [12_500, 'USD', '125.00', 1, true],
    [5, 'GBP', '0.05', 1, true],
    [-150, 'CHF', '-1.50', 1, true],
    [1_500, 'CZK', '15.00', 1, true],
    [500, 'JPY', '500', 1, true],
    [500, 'KRW', '500', 1, false],
    [-500, 'VND', '-500', 1, false],
    [0, 'CLP', '0', 1, false],
    [12_500, 'KWD', '12.500', 10, false],
    [50, 'BHD', '0.050', 10, false],
    [-5_120, 'TND', '-5.120', 10, false],
    [1_230, 'JOD', '1.230', 10, false],
    [12_500, 'ISK', '125', 100, false],
    [500, 'UGX', '5', 100, false],
    [550, 'UGX', '5.50', 100, false],
    [17_550, 'HUF', '175.50', 1, false],
    [80_045, 'TWD', '800.45', 1, false],
    [100, 'ZZZ', '1.00', 1, false],
  ] as const)(
    '%i minor units of %s are %s, in steps of %i, and we settle in it: %s',
    ([amountMinor, currency, text, step, isSettled]) => {
      const major = amountText({ amountMinor, currency })

      expect(major).toBe(text)
      expect(moneyText({ amountMinor, currency })).toBe(`${text} ${currency}`)
      expect(currencyRules(currency).step).toBe(step)
      expect(leastCharge(currency) !== undefined).toBe(isSettled)
      const isTyped = amountMinor >= 0 && amountMinor % step === 0
      expect(minorUnitsIn(major, currency)).toBe(isTyped ? amountMinor : undefined)
    },
  )

  test('currencies have the decimals of ISO 4217, except those that the provider counts in another way', () => {
    const ofIso = (currency: string) =>
      new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits
    const others = ['BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'VND', 'VUV', 'XAF', 'XPF']
    for (const currency of [...others, 'EUR', 'USD', 'GBP', 'BHD', 'JOD', 'KWD', 'OMR', 'TND'])
      expect(currencyRules(currency).digits, currency).toBe(ofIso(currency))
    for (const currency of ['ISK', 'UGX'])
      expect([ofIso(currency), currencyRules(currency).digits]).toEqual([0, 2])
  })

  test.for([
    ['500', 'EUR', 50_000],
    ['500.00', 'EUR', 50_000],
    ['0.05', 'EUR', 5],
    ['0', 'EUR', 0],
    ['99999999.99', 'EUR', 9_999_999_999],
    ['500', 'JPY', 500],
    ['500.00', 'JPY', undefined],
    ['12.500', 'KWD', 12_500],
    ['12', 'KWD', 12_000],
    ['12.50', 'KWD', undefined],
    ['12.505', 'KWD', undefined],
    ['500', 'ISK', 50_000],
    ['500.50', 'ISK', undefined],
    ['500.5', 'EUR', undefined],
    ['500.', 'EUR', undefined],
    ['.50', 'EUR', undefined],
    ['500,00', 'EUR', undefined],
    ['1,000', 'EUR', undefined],
    ['-1', 'EUR', undefined],
    ['1e3', 'EUR', undefined],
    ['100000000', 'EUR', undefined],
    [' 5', 'EUR', undefined],
    ['5\n', 'EUR', undefined],
    ['٣', 'EUR', undefined],
    ['', 'EUR', undefined],
  ] as const)('the typed amount %j in %s is %s minor units', ([text, currency, minor]) => {
    expect(minorUnitsIn(text, currency)).toBe(minor)
    const shown = minor === undefined ? text : amountText({ amountMinor: minor, currency })
    expect(minorUnitsIn(shown, currency)).toBe(minor)
  })

  test('amounts in different currencies cannot be added', () => {
    const euros = { amountMinor: 1, currency: 'EUR' }
    expect(sumOf('EUR', [euros, euros])).toEqual({ amountMinor: 2, currency: 'EUR' })
    expect(() => sumOf('USD', [euros])).toThrow('cannot add EUR to USD')
  })

  test('a share of an amount is a whole number of minor units', () => {
    expect(shareOf(4900, 1500)).toBe(735)
    expect(shareOf(99, 1500)).toBe(15)
    expect(shareOf(0, 1500)).toBe(0)
  })

  test.for([
    [1, 1500, 0], // 0.15
    [3, 1500, 0], // 0.45
    [10, 500, 1], // 0.5
    [4, 1500, 1], // 0.6
    [4999, 1500, 750], // 749.85
    [4901, 1500, 735], // 735.15
  ] as const)('a share of %i at %i basis points is rounded half up to %i', ([amount, points, share]) => {
    expect(shareOf(amount, points)).toBe(share)
  })
})

describe('canonical JSON', () => {
  test('canonical JSON is equal for equal values, whatever the order of their keys', () => {
    expect(canonicalJson({ b: [1, { d: true, c: 'x' }], a: null })).toBe(
      '{"a":null,"b":[1,{"c":"x","d":true}]}',
    )
    expect(canonicalJson({ a: undefined, b: 1 })).toBe(canonicalJson({ b: 1 }))
  })

  test('canonical JSON refuses a fraction and a function', () => {
    expect(() => canonicalJson(0.5)).toThrow('no canonical form')
    expect(() => canonicalJson(() => 1)).toThrow('no canonical form')
  })
})
