import { createHash } from 'node:crypto'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import type { Chain } from './audit.ts'

/** `events`: how many hold together; `brokenAt`: the number of the first one that does not, counted from 1. */
export type Verdict = { intact: true; events: number } | { intact: false; events: number; brokenAt: number }

const PAGE = 500

/**
 * Recomputes a chain from its first event to its head: a changed, dropped, swapped or added event breaks it. The
 * stored text is hashed, never values read back. A chain nobody has written to is intact. One snapshot, all in pages.
 */
export async function verifyChain(db: Db, chain: Chain): Promise<Verdict> {
  const verify = async (tx: Db): Promise<Verdict> => {
    const link = await lastSoundLink(tx, chain)
    if (!link.sound) return { intact: false, events: link.seq, brokenAt: link.seq + 1 }
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

/** Follows the links from the chain's name on, as far as they hold. */
async function lastSoundLink(tx: Db, chain: Chain): Promise<{ seq: number; hash: Buffer; sound: boolean }> {
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
      if (!follows || !tellsItsPlace(event.body, chain, event.seq)) return { seq, hash, sound: false }
      hash = expected
      seq = event.seq
    }
    if (page.length < PAGE) return { seq, hash, sound: true }
  }
}

function tellsItsPlace(body: string, chain: Chain, seq: number): boolean {
  const told = JSON.parse(body) as { chain?: unknown; seq?: unknown }
  return told.chain === chain && told.seq === seq
}

function sha256(...parts: (string | Buffer)[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
