import { sql } from 'kysely'
import type { CustomerId } from '#kernel/ids'
import { countAttempt } from '#domain/identity'
import { type Scope, SCOPES } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { hashOfArtifact } from './artifact-store.ts'
import { TooManyDeviceCodes } from './errors.ts'

const WINDOW_MS = 15 * 60_000
/** A right code counts too, so that nobody makes room for guesses with codes of their own. */
const PER_CUSTOMER = 20
const PER_NETWORK = 40
/** The network delays each poll by a different time, so one may arrive a little early. */
const EARLY_S = 1

/** What may be granted by a device code. Never `buy`, because a person cannot see who wanted the code. */
export const DEVICE_SCOPES: readonly Scope[] = SCOPES.filter((scope) => scope !== 'buy')

/**
 * Counts a code that a person sends. Call it before the code is looked up. Refuses `too_many_device_codes` after 20 codes
 * of a customer, or 40 of a network, within 15 minutes.
 */
export async function countDeviceCode(
  db: Db,
  { customer, network }: { customer: CustomerId; network: string },
  at: Date,
): Promise<void> {
  const limits = [
    { key: `device_code:${customer}`, max: PER_CUSTOMER, windowMs: WINDOW_MS },
    { key: `device_code:${network}`, max: PER_NETWORK, windowMs: WINDOW_MS },
  ]
  for (const limit of limits) {
    const wait = await countAttempt(db, limit, at)
    if (wait !== undefined) throw new TooManyDeviceCodes(wait)
  }
}

/**
 * Counts a poll of an application that waits for the answer. Returns whether it came too early; then the application has
 * to wait 5 s longer each time from now on, at most 60 s.
 */
export async function pollDeviceCode(db: Db, deviceCode: string, at: Date): Promise<boolean> {
  const { rows } = await sql<{ is_early: boolean }>`
    with polled as (
      select id_hash, coalesce(polled_at + make_interval(secs => poll_seconds - ${EARLY_S}::integer) > ${at}, false) as is_early
        from oauth_artifacts where model = 'DeviceCode' and id_hash = ${hashOfArtifact(deviceCode)} for update
    )
    update oauth_artifacts a
       set polled_at = ${at}, poll_seconds = case when is_early then least(poll_seconds + 5, 60) else poll_seconds end
      from polled where a.model = 'DeviceCode' and a.id_hash = polled.id_hash
    returning is_early`.execute(db)
  return rows[0]?.is_early ?? false
}
