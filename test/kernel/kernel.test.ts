import { describe, expect, test } from 'vitest'
import { canonicalJson } from '#kernel/canonical-json'
import { isId, mintId } from '#kernel/ids'
import { amountText, minorUnitsIn, moneyText, shareOf, sumOf } from '#kernel/money'
import { packageName } from '#kernel/schemas'

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

describe('money', () => {
  test('an amount of money is written with its decimals and its currency', () => {
    expect(moneyText({ amountMinor: 4900, currency: 'EUR' })).toBe('49.00 EUR')
    expect(moneyText({ amountMinor: 5, currency: 'EUR' })).toBe('0.05 EUR')
    expect(moneyText({ amountMinor: -150, currency: 'USD' })).toBe('-1.50 USD')
    expect(moneyText({ amountMinor: 500, currency: 'JPY' })).toBe('500 JPY')
  })

  test.for([
    ['500', 'EUR', 50_000],
    ['500.00', 'EUR', 50_000],
    ['0.05', 'EUR', 5],
    ['0', 'EUR', 0],
    ['99999999.99', 'EUR', 9_999_999_999],
    ['500', 'JPY', 500],
    ['500.00', 'JPY', undefined],
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
