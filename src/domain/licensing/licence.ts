import { type RawBuilder, sql } from 'kysely'
import type { LicenceId, PackageId } from '#kernel/ids'
import type { Edition } from '#kernel/schemas'
import type { LicenceStatus, PriceModel } from '../../platform/tables.ts'

export interface Licence {
  id: LicenceId
  packageId: PackageId
  packageName: string
  edition: Edition
  /** Only for yearly licences. */
  validUntil: Date | undefined
}

/** The end of the paid window: one year later at the same day and time in UTC. 29 February becomes 28 February. */
export function paidUntil(model: PriceModel, from: Date): Date | undefined {
  if (model !== 'yearly') return undefined
  const until = new Date(from)
  until.setUTCFullYear(from.getUTCFullYear() + 1)
  if (until.getUTCMonth() !== from.getUTCMonth()) until.setUTCDate(0)
  return until
}

/** SQL: the status of the licence `l` at a time, by `licence_state`. `active` means that it is in force. */
export const stateAt = (at: Date): RawBuilder<LicenceStatus> =>
  sql`licence_state(l.status, l.valid_until, ${at})`

/** SQL: when the licence `l` ends or has ended: `-infinity` when it was taken back, `infinity` when nothing ends it. */
export const END: RawBuilder<Date> = sql`licence_end(l.status, l.valid_until)`

/** SQL: whether the licence `l` is in force or has ended, so that it can be renewed. */
export const isInForceOrOver = (): RawBuilder<boolean> => sql`l.status in ('active', 'expired')`

/** SQL: whether the licence `l` is in force at a time. */
export const isInForce = (at: Date): RawBuilder<boolean> => sql`${stateAt(at)} = 'active'`
