import { canBeRenewed, type ListedLicence } from '#domain/licensing'
import { badge } from '../components/badge.ts'
import type { Tone } from '../components/notice.ts'
import { dayText, editionName } from '../components/text.ts'
import { html, type Html } from '../html.ts'

type Terms = Pick<ListedLicence, 'status' | 'validUntil' | 'activatedAt' | 'model'>

const STATUS: Record<ListedLicence['status'], readonly [words: string, tone: Tone]> = {
  reserved: ['not paid yet', 'warn'],
  active: ['active', 'good'],
  expired: ['ended', 'warn'],
  suspended: ['suspended', 'bad'],
  refunded: ['refunded', 'info'],
  revoked: ['revoked', 'bad'],
}

export const statusBadge = ({ status }: Pick<Terms, 'status'>): Html => badge(...STATUS[status])

/** Until when it brings new versions. */
export function termText({ model, validUntil, status }: Terms): Html | string {
  if (validUntil) return html`${status === 'expired' ? 'ended' : 'until'} ${dayText(validUntil)}`
  return model === 'free' ? 'free' : 'without an end'
}

/** The facts about a licence that whoever sees it may know. */
export const termFacts = (licence: Terms & Pick<ListedLicence, 'packageName' | 'edition'>) => {
  const { packageName: name, edition } = licence
  return [
    ['Package', html`<a class="mono" href="/packages/${name}">${name}</a>`],
    ['Edition', editionName(edition)],
    ['Lasts', termText(licence)],
  ] as const
}

export const isRenewable = ({ status, activatedAt, validUntil }: Terms, at: Date): boolean =>
  canBeRenewed({ status, since: activatedAt, until: validUntil }, at)
