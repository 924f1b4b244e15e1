import { isId, type LicenceId } from '#kernel/ids'
import type { LicenceStatus } from '../../platform/tables.ts'

/**
 * Where a page of licences begins: behind this one. `until`: its end, as it was then, because a renewal may change it
 * between two pages. It is used only by lists that are sorted by the end.
 */
export interface PlaceInLicences {
  id: LicenceId
  until: Date | 'infinity' | '-infinity'
}

interface PlacedLicence {
  id: LicenceId
  status: LicenceStatus
  validUntil?: Date | undefined
}

/** A place as a text for cursors and addresses. */
export function licencePlaceAfter({ id, status, validUntil }: PlacedLicence): string {
  // as the SQL function `licence_end`
  if (status === 'refunded' || status === 'revoked') return `${id}.past`
  return validUntil && status !== 'suspended' ? `${id}.${validUntil.getTime()}` : id
}

/** The place in a text; undefined when the text is none. */
export function licencePlaceIn(text: string): PlaceInLicences | undefined {
  const [id = '', until = ''] = text.split('.')
  if (!isId('lic', id)) return undefined
  if (until === 'past') return { id, until: '-infinity' }
  return { id, until: /^\d{1,14}$/.test(until) ? new Date(Number(until)) : 'infinity' }
}
