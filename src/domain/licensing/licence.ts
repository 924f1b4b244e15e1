import type { LicenceId, PackageId } from '#kernel/ids'
import type { Edition } from '#kernel/schemas'
import type { LicenceStatus, PriceModel } from '../../platform/tables.ts'

export interface Licence {
  id: LicenceId
  packageId: PackageId
  packageName: string
  edition: Edition
  /** Yearly ones only. */
  validUntil: Date | undefined
}

/** The end of the paid window: a year on, the same day and time in UTC; 29 February ends on the 28th. */
export function paidUntil(model: PriceModel, from: Date): Date | undefined {
  if (model !== 'yearly') return undefined
  const until = new Date(from)
  until.setUTCFullYear(from.getUTCFullYear() + 1)
  if (until.getUTCMonth() !== from.getUTCMonth()) until.setUTCDate(0)
  return until
}

/** What a licence is at a moment: a paid window ends by itself, whatever the row still says. */
export const statusAt = (
  { status, validUntil }: { status: LicenceStatus; validUntil: Date | null | undefined },
  at: Date,
): LicenceStatus => (status === 'active' && validUntil && validUntil <= at ? 'expired' : status)
