import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import type { Chain } from './chain.ts'
import { firstLink, type Link, linkAfter } from './link.ts'

/** `events`: the number of valid events. `brokenAt`: the number of the first invalid event, beginning with 1. */
export type Verdict = { intact: true; events: number } | { intact: false; events: number; brokenAt: number }

const PAGE = 500

/**
 * Recomputes the hashes of a chain from its first event to its head. Detects a changed, missing, swapped or added
 * event. Hashes the stored text, not parsed values. An empty chain is intact. Reads pages of one snapshot.
 */
export async function verifyChain(db: Db, chain: Chain): Promise<Verdict> {
  const verify = async (tx: Db): Promise<Verdict> => {
    const link = await lastValidLink(tx, chain)
    if (!link.isEnd) return brokenAfter(link)
    const head = await tx
      .selectFrom('audit_chains')
      .select(['seq', 'hash'])
      .where('chain', '=', chain)
      .executeTakeFirst()
    if (!head && link.seq === 0) return { intact: true, events: 0 }
    return isAt(link, head) ? { intact: true, events: link.seq } : brokenAfter(link)
  }
  return inTransaction(db, verify, { isolation: 'repeatable read' })
}

/** Verifies every chain that has a head or an event, ordered by name. */
export async function* verifyAllChains(db: Db): AsyncGenerator<{ chain: Chain } & Verdict> {
  const chains = await db
    .selectFrom('audit_chains')
    .select('chain')
    .union(db.selectFrom('audit_events').select('chain').distinct())
    .orderBy('chain')
    .execute()
  for (const { chain } of chains as { chain: Chain }[]) yield { chain, ...(await verifyChain(db, chain)) }
}

export const brokenAfter = ({ seq }: Pick<Link, 'seq'>): Verdict => ({
  intact: false,
  events: seq,
  brokenAt: seq + 1,
})

/** Whether the head of a chain names this link, which is its last event. */
export const isAt = (link: Link, head: Link | undefined): boolean =>
  head?.seq === link.seq && head.hash.equals(link.hash)

/**
 * Verifies event after event, beginning with the hash of the chain's name. `isEnd`: no event follows the last valid
 * one.
 */
async function lastValidLink(tx: Db, chain: Chain): Promise<Link & { isEnd: boolean }> {
  let link = firstLink(chain)
  for (;;) {
    const page = await tx
      .selectFrom('audit_events')
      .select(['seq', 'body', 'prev_hash as prevHash', 'hash'])
      .where('chain', '=', chain)
      .where('seq', '>', link.seq)
      .orderBy('seq')
      .limit(PAGE)
      .execute()
    for (const event of page) {
      const next = linkAfter(chain, link, event)
      if (next?.seq !== event.seq) return { ...link, isEnd: false }
      link = next
    }
    if (page.length < PAGE) return { ...link, isEnd: true }
  }
}
