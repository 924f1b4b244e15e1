import { createHash } from 'node:crypto'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import type { Chain } from './audit.ts'

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
    if (!link.isEnd) return { intact: false, events: link.seq, brokenAt: link.seq + 1 }
    const head = await tx
      .selectFrom('audit_chains')
      .select(['seq', 'hash'])
      .where('chain', '=', chain)
      .executeTakeFirst()
    if (!head && link.seq === 0) return { intact: true, events: 0 }
    if (head?.seq === link.seq && head.hash.equals(link.hash)) return { intact: true, events: link.seq }
    return { intact: false, events: link.seq, brokenAt: link.seq + 1 }
  }
  return inTransaction(db, verify, { isolation: 'repeatable read' })
}

/** Follows the links, beginning with the hash of the chain's name. `isEnd`: no event follows the last valid one. */
async function lastValidLink(tx: Db, chain: Chain): Promise<{ seq: number; hash: Buffer; isEnd: boolean }> {
  let hash = sha256(chain)
  let seq = 0
  for (;;) {
    const page = await tx
      .selectFrom('audit_events')
      .select(['seq', 'body', 'prev_hash', 'hash'])
      .where('chain', '=', chain)
      .where('seq', '>', seq)
      .orderBy('seq')
      .limit(PAGE)
      .execute()
    for (const event of page) {
      const expected = sha256(hash, event.body)
      const follows = event.seq === seq + 1 && event.prev_hash.equals(hash) && event.hash.equals(expected)
      if (!follows || !namesPlace(event.body, chain, event.seq)) return { seq, hash, isEnd: false }
      hash = expected
      seq = event.seq
    }
    if (page.length < PAGE) return { seq, hash, isEnd: true }
  }
}

/** Whether the text of an event contains its own chain and number. */
function namesPlace(body: string, chain: Chain, seq: number): boolean {
  const event = JSON.parse(body) as { chain?: unknown; seq?: unknown }
  return event.chain === chain && event.seq === seq
}

function sha256(...parts: (string | Buffer)[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
