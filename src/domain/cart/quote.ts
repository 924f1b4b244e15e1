import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { canonicalJson } from '#kernel/canonical-json'
import type { OrgId } from '#kernel/ids'
import { moneyText } from '#kernel/money'
import { PriceChanged, QuoteExpired, QuoteMalformed } from './errors.ts'
import type { Plan } from './planned-item.ts'

/** How long a quote is valid, in ms. */
export const QUOTE_LIFETIME = 30 * 60_000

/** What a person agrees to: the packages at their prices, and who pays for whom. */
export interface QuoteTerms {
  org: OrgId
  plan: Plan
  /** Id of the project. Undefined when none was named, or it is new. */
  project: string | undefined
  /** Name of the project that is created. */
  newProject: string | undefined
  assignsLicences: boolean
  /** Id of the card. Undefined in a quote that shows none: for no money, before a card was added, or for who may not buy. */
  card: string | undefined
}

/** Returns `quo_<issued>_<nonce>_<mac>`. It is not stored. `key` is secret and the same in all processes. */
export function issueQuote(key: Buffer, terms: QuoteTerms, at: Date): string {
  const issued = Math.floor(at.getTime() / 1000).toString(36)
  const nonce = randomBytes(6).toString('hex')
  return `quo_${issued}_${nonce}_${macOf(key, issued, nonce, terms)}`
}

const FORM = /^quo_([0-9a-z]{1,8})_([0-9a-f]{12})_([0-9a-f]{32})$/

/** Refuses `quote_malformed` for a text that never was a quote. */
export function partsOf(quote: string): { issued: string; nonce: string; mac: string } {
  const [, issued, nonce, mac] = FORM.exec(quote) ?? []
  if (!issued || !nonce || !mac) throw new QuoteMalformed()
  return { issued, nonce, mac }
}

/**
 * A quote that shows no card matches any card. Refuses `quote_malformed`, `quote_expired`, and `price_changed` when
 * something else was agreed to.
 */
export function checkQuote(key: Buffer, quote: string, terms: QuoteTerms, at: Date): void {
  const { issued, nonce, mac } = partsOf(quote)
  const isMacOf = (each: QuoteTerms): boolean =>
    timingSafeEqual(Buffer.from(macOf(key, issued, nonce, each)), Buffer.from(mac))
  const isGenuine = isMacOf(terms) || isMacOf({ ...terms, card: undefined })
  if (at.getTime() > Number.parseInt(issued, 36) * 1000 + QUOTE_LIFETIME) throw new QuoteExpired()
  if (!isGenuine) throw new PriceChanged(moneyText(terms.plan.total))
}

function macOf(
  key: Buffer,
  issued: string,
  nonce: string,
  { plan: { items, total }, assignsLicences, ...terms }: QuoteTerms,
): string {
  const signed = {
    issued,
    nonce,
    ...terms,
    // a quote that was issued before this name changed stays valid
    hasProject: assignsLicences,
    total,
    // the end of a renewal is part of what was agreed
    items: items.map(({ name, edition, model, action, price, licence, renewal }) => ({
      name,
      edition,
      model,
      action,
      price,
      licence,
      until: renewal?.until.toISOString(),
    })),
  }
  return createHmac('sha256', key).update(canonicalJson(signed)).digest('hex').slice(0, 32)
}
