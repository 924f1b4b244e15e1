import type { Db } from '../../platform/database.ts'
import { countAttempt } from './attempts.ts'

/** Mails within a day that invite somebody, to an org or to a project: both count together. */
const MOST_A_DAY = { max: 50, windowMs: 24 * 60 * 60_000 }

/** Mails to one address, from all orgs. Each kind of mail has its own. */
interface MailsToAddress {
  /** The kind of the mails, such as `share`. */
  kind: string
  address: string
  max: number
  windowMs: number
}

interface InvitationLimit {
  limit: 'org' | 'person' | 'address'
  /** Until the next one is allowed. */
  seconds: number
}

/**
 * Counts a mail that invites somebody, for its org, its sender and its address. Returns the limit that is reached.
 * Call it in the transaction of the invitation: one that is refused sends no mail, and is not counted.
 */
export async function countInvitation(
  tx: Db,
  { org, person, to }: { org: string; person: string; to: MailsToAddress },
  at: Date,
): Promise<InvitationLimit | undefined> {
  const { kind, address, max, windowMs } = to
  const counted = {
    org: { key: `invites/org/${org}`, ...MOST_A_DAY },
    person: { key: `invites/person/${person}`, ...MOST_A_DAY },
    address: { key: `${kind}/${address}`, max, windowMs },
  }
  for (const limit of ['org', 'person', 'address'] as const) {
    const seconds = await countAttempt(tx, counted[limit], at)
    if (seconds !== undefined) return { limit, seconds }
  }
  return undefined
}
