import { type RawBuilder, sql } from 'kysely'
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

/** SQL: what the licence `l` of a query is at a moment, by `licence_state`. It is in force while this is `active`. */
export const stateAt = (at: Date): RawBuilder<LicenceStatus> =>
  sql`licence_state(l.status, l.valid_until, ${at})`

/** SQL: whether the licence `l` of a query is in force at a moment. */
export const isInForce = (at: Date): RawBuilder<boolean> => sql`${stateAt(at)} = 'active'`
