import type { Price, Visibility } from '#domain/catalogue'
import type { Obstacle, SyncState } from '#domain/offers'
import { moneyText } from '#kernel/money'
import type { CheckStatus, PriceModel, VersionStatus } from '../../../platform/tables.ts'
import type { Tone } from '../components/notice.ts'
import { momentText } from '../components/text.ts'
import { html, type Html } from '../html.ts'

export const VISIBILITY_WORDS: Record<Visibility, { text: string; tone: Tone; hint: string }> = {
  public: {
    text: 'Public',
    tone: 'good',
    hint: 'The shop shows it, and sells it when it has a price.',
  },
  withdrawn: {
    text: 'Not sold any more',
    tone: 'warn',
    hint: 'The shop does not show it. Whoever has it keeps it and its updates, and Composer calls it abandoned.',
  },
  hidden: {
    text: 'Hidden part',
    tone: 'info',
    hint: 'Buyers get it only with your packages that require it. Nobody else learns that it exists.',
  },
}

/** Why nobody can buy a package, and what to do. */
export const OBSTACLE_WORDS: Record<Obstacle, string> = {
  vendor_not_approved: 'The market has not approved the vendor, or has suspended it.',
  not_public: 'It is not public.',
  no_price: 'It has no price. Set one, or declare it free.',
  no_version: 'It has no version that can be installed. Push a tag such as v1.0.0.',
  vendor_not_payable:
    'Nobody can buy it yet, because payouts cannot be set up here yet. A free package can be installed.',
}

export const MODEL_WORDS: Record<PriceModel, string> = {
  free: 'Free',
  one_time: 'Paid once',
  yearly: 'Yearly licence',
}

export function priceText({ model, ...price }: Price): string {
  if (model === 'free') return 'Free'
  return `${moneyText(price)} ${model === 'yearly' ? 'a year' : 'once'}`
}

export const VERSION_WORDS: Record<VersionStatus, { text: string; tone: Tone }> = {
  available: { text: 'available', tone: 'good' },
  withdrawn: { text: 'withdrawn', tone: 'warn' },
  blocked: { text: 'blocked as malware', tone: 'bad' },
}

export const CHECK_TONES: Record<CheckStatus, Tone> = {
  pass: 'good',
  warn: 'warn',
  fail: 'bad',
  skipped: 'info',
}

/** How the tags are followed, in one sentence. */
export function syncText({ host, isLooking, lookedAt, error }: SyncState): Html {
  if (isLooking) return html`Looking for new tags now`
  if (error) return html`The last look failed${lookedAt && html`: ${momentText(lookedAt)}`}`
  if (lookedAt) return html`Tags looked at: ${momentText(lookedAt)}`
  return html`${host ? 'The tags have not been looked at yet' : 'Not published from Git'}`
}
