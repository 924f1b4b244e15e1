import { createHmac, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { mintId, type OrgId } from '#kernel/ids'
import type { Plan, PlannedItem } from '../../../src/domain/cart/planned-item.ts'
import { checkQuote, issueQuote, QUOTE_LIFETIME } from '../../../src/domain/cart/quote.ts'

const AT = new Date('2026-11-23T10:00:00.400Z')
const KEY = randomBytes(32)
const id = <P extends string>(prefix: P) => mintId(prefix, AT, Math.random)
const ORG = id('org')

const eur = (amountMinor: number) => ({ amountMinor, currency: 'EUR' })
const item = (name: string, amountMinor: number): PlannedItem => ({
  packageId: id('pkg'),
  name,
  vendorSlug: 'northwind',
  vendor: id('ven'),
  edition: 'commerce',
  model: 'one_time',
  price: eur(amountMinor),
  action: 'buy',
  licence: undefined,
})
const search = item('northwind/module-search', 14_900)
const stock = item('northwind/module-stock', 9_900)
const PLAN: Plan = { items: [search, stock], total: eur(24_800) }
const TERMS = {
  org: ORG,
  plan: PLAN,
  project: id('prj') as string | undefined,
  newProject: undefined as string | undefined,
  assignsLicences: true,
  card: id('pmt') as string | undefined,
}
const QUOTE = issueQuote(KEY, TERMS, AT)

/** The code of the refusal of a quote, or undefined when it is accepted. */
function refusalOf({
  quote = QUOTE,
  at = AT,
  key = KEY,
  ...changed
}: Partial<typeof TERMS> & { quote?: string; at?: Date; key?: Buffer } = {}): string | undefined {
  try {
    checkQuote(key, quote, { ...TERMS, ...changed }, at)
    return undefined
  } catch (error) {
    return (error as { code: string }).code
  }
}
const afterIssue = (ms: number) => new Date(Math.floor(AT.getTime() / 1000) * 1000 + ms)

describe('a genuine quote', () => {
  test('a quote is accepted for its own plan for half an hour', () => {
    expect(refusalOf()).toBeUndefined()
    expect(refusalOf({ at: afterIssue(QUOTE_LIFETIME) })).toBeUndefined()
    expect(refusalOf({ at: afterIssue(QUOTE_LIFETIME + 1) })).toBe('quote_expired')
    expect(QUOTE_LIFETIME).toBe(30 * 60 * 1000)
  })

  test('a quote that shows no card is accepted on each card', () => {
    const quote = issueQuote(KEY, { ...TERMS, card: undefined }, AT)

    expect(refusalOf({ quote })).toBeUndefined()
    expect(refusalOf({ quote, card: undefined })).toBeUndefined()
    expect(refusalOf({ quote, assignsLicences: false })).toBe('price_changed')
  })

  test('a quote that an earlier release issued is accepted', () => {
    const plan = { items: [], total: eur(0) }
    const terms = {
      org: 'org_01M8Q705542Q6EHYRDMV1VGM7D' as OrgId,
      plan,
      project: undefined,
      newProject: 'A shop',
    }
    const issued = 'quo_tbkqe0_f871cae2ff3a_4981ad18a3c700468f9f87ec36211ddb'

    expect(() =>
      checkQuote(
        Buffer.alloc(32),
        issued,
        { ...terms, assignsLicences: true, card: undefined },
        new Date('2026-03-08T09:30:00Z'),
      ),
    ).not.toThrow()
  })

  test('a quote is accepted by a process whose clock is behind', () => {
    expect(refusalOf({ at: afterIssue(-5_000) })).toBeUndefined()
  })

  test('a quote is accepted for the same plan with another order of keys', () => {
    const again = { total: { currency: 'EUR', amountMinor: 24_800 }, items: [search, stock] }

    expect(refusalOf({ plan: again })).toBeUndefined()
  })

  test('every quote is different, so that each can be used once', () => {
    expect(issueQuote(KEY, TERMS, AT)).not.toBe(QUOTE)
    expect(QUOTE).toMatch(/^quo_[0-9a-z]{6}_[0-9a-f]{12}_[0-9a-f]{32}$/)
  })
})

describe('a quote for something else', () => {
  const first = (change: Partial<PlannedItem>): Plan => ({
    ...PLAN,
    items: [{ ...search, ...change }, stock],
  })

  test.for<[string, Parameters<typeof refusalOf>[0]]>([
    ['org', { org: id('org') }],
    ['package', { plan: first({ name: 'northwind/module-core' }) }],
    ['edition', { plan: first({ edition: 'open-source' }) }],
    ['model', { plan: first({ model: 'yearly' }) }],
    ['action', { plan: first({ action: 'use_existing' }) }],
    ['price', { plan: first({ price: eur(14_901) }) }],
    ['currency of a price', { plan: first({ price: { amountMinor: 14_900, currency: 'USD' } }) }],
    ['total', { plan: { ...PLAN, total: eur(24_801) } }],
    ['currency', { plan: { ...PLAN, total: { amountMinor: 24_800, currency: 'USD' } } }],
    ['order', { plan: { ...PLAN, items: [stock, search] } }],
    ['number of packages', { plan: { ...PLAN, items: [search] } }],
    ['number of packages', { plan: { ...PLAN, items: [search, stock, item('northwind/free', 0)] } }],
    ['project', { project: id('prj') }],
    ['project', { project: undefined }],
    ['new project', { newProject: 'A shop' }],
    ['place of the licences', { assignsLicences: false }],
    ['card', { card: id('pmt') }],
    ['card', { card: undefined }],
    ['licence', { plan: first({ licence: id('lic') }) }],
    ['key', { key: randomBytes(32) }],
  ])('a quote is refused for another %s', ([, changed]) => {
    expect(refusalOf(changed)).toBe('price_changed')
  })

  test('a quote that is refused for its price states the new price', () => {
    const plan = { ...PLAN, total: eur(30_000) }

    expect(() => checkQuote(KEY, QUOTE, { ...TERMS, plan }, AT)).toThrow(
      expect.objectContaining({ field: 'quote', params: { price: '300.00 EUR' } }),
    )
  })
})

describe('a quote that was changed', () => {
  const [, issued = '', nonce = '', mac = ''] = QUOTE.split('_')
  const late = afterIssue(QUOTE_LIFETIME + 60_000)
  const later = (Number.parseInt(issued, 36) + 600).toString(36)

  test('changing the time of issue does not make a quote valid for longer', () => {
    expect(refusalOf({ at: late })).toBe('quote_expired')
    expect(refusalOf({ quote: `quo_${later}_${nonce}_${mac}`, at: late })).toBe('price_changed')
    expect(refusalOf({ quote: `quo_zzzzzzzz_${nonce}_${mac}`, at: late })).toBe('price_changed')
  })

  test('a quote is refused when its nonce or its spelling was changed', () => {
    const other = nonce.replace(/^./, nonce.startsWith('0') ? '1' : '0')

    expect(refusalOf({ quote: `quo_${issued}_${other}_${mac}` })).toBe('price_changed')
    expect(refusalOf({ quote: `quo_0${issued}_${nonce}_${mac}` })).toBe('price_changed')
    expect(refusalOf({ quote: QUOTE.toUpperCase() })).toBe('quote_malformed')
  })

  test('a quote is refused when any character of its MAC was changed', () => {
    const accepted = mac.split('').filter((letter, i) => {
      const changed = mac.slice(0, i) + (letter === '0' ? '1' : '0') + mac.slice(i + 1)
      return refusalOf({ quote: `quo_${issued}_${nonce}_${changed}` }) === undefined
    })

    expect(mac).toHaveLength(32)
    expect(accepted).toEqual([])
  })

  test.for([
    '',
    'quo_',
    'quo___',
    `quo_${issued}_${nonce}_`,
    `quo_${issued}_${nonce}_${mac.slice(0, 31)}`,
    `${QUOTE}0`,
    ` ${QUOTE}`,
    `${QUOTE}\n`,
    QUOTE.replace('quo', 'QUO'),
    `quo_${issued}_${nonce}_${'ü'.repeat(16)}`,
    'x'.repeat(100_000),
  ])('a text that is not a quote is refused: %#', (quote) => {
    expect(refusalOf({ quote })).toBe('quote_malformed')
  })

  test('a quote that was made without the key is refused', () => {
    const forged = createHmac('sha256', '').update(QUOTE).digest('hex').slice(0, 32)

    expect(refusalOf({ quote: `quo_${issued}_${nonce}_${forged}` })).toBe('price_changed')
  })
})
