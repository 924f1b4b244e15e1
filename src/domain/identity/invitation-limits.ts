import { sql } from 'kysely'
import type { OrgId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { countAttempt } from './attempts.ts'

/** Mails within a day that invite somebody, to an org or to a project: both count together. */
const MOST_A_DAY = { max: 50, windowMs: 24 * 60 * 60_000 }

/** Mails to one address: from one org, and from all orgs together that have never paid. */
const FROM_ORG = 3
const FROM_STRANGERS = 5

interface MailsToAddress {
  /** What is counted together, such as `share`. */
  kind: string
  address: string
  windowMs: number
}

interface InvitationLimit {
  limit: 'org' | 'person' | 'address'
  /** Until the next one is allowed. */
  seconds: number
}

/**
 * Counts a mail that invites somebody, for its org, its sender and its address. Returns the limit that is reached. An
 * address has one limit for each org, and one for all orgs together that have never paid: those are free to make, so
 * that they can neither flood a mailbox nor keep a customer from inviting somebody (docs/decisions/0057).
 * Call it in the transaction of the invitation: one that is refused sends no mail, and is not counted.
 */
export async function countInvitation(
  tx: Db,
  { org, person, to }: { org: OrgId; person: string; to: MailsToAddress },
  at: Date,
): Promise<InvitationLimit | undefined> {
  const { kind, address, windowMs } = to
  const fromStrangers = {
    limit: 'address',
    key: `${kind}/${address}`,
    max: FROM_STRANGERS,
    windowMs,
  } as const
  // in this order always, so that two invitations never wait for each other
  const limits = [
    { limit: 'org', key: `invites/org/${org}`, ...MOST_A_DAY },
    { limit: 'person', key: `invites/person/${person}`, ...MOST_A_DAY },
    { limit: 'address', key: `${kind}/${org}/${address}`, max: FROM_ORG, windowMs },
    ...((await hasPaid(tx, org)) ? [] : [fromStrangers]),
  ] as const
  for (const { limit, ...counted } of limits) {
    const seconds = await countAttempt(tx, counted, at)
    if (seconds !== undefined) return { limit, seconds }
  }
  return undefined
}

/** Whether an org has ever paid for something. */
async function hasPaid(tx: Db, org: OrgId): Promise<boolean> {
  const { rows } = await sql<{ has_paid: boolean }>`
    select exists (
      select from orders o join paid_lines l on l.order_id = o.id
       where o.org_id = ${org} and l.total_amount > 0
    ) as has_paid`.execute(tx)
  return rows[0]?.has_paid ?? false
}
