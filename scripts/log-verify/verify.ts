import {
  leafHash,
  openCheckpoint,
  provesConsistency,
  provesInclusion,
  type TreeHead,
} from '#domain/transparency'
import { differenceBetween, firstUnsigned, gapIn, hashOfRange } from './differences.ts'
import type { LogSource } from './source.ts'

/** The log as an earlier check saw it. Later, the log still has to show this. */
export interface Seen {
  key: string
  /** The signed head. */
  head: string
  /** The hashes of the entries that were read, 32 bytes each, in base64. They name an entry that differs later. */
  leaves: string
}

/** The log, or a zip, is not what it should be. The message names the fault. */
export class Fault extends Error {}

/** Checks all entries of a log and returns what was seen. Throws a `Fault` that names the first wrong entry. */
export async function verifyEverything(log: LogSource, seen?: Seen): Promise<{ head: TreeHead; seen: Seen }> {
  const { key, signed, head } = await signedHead(log, seen)
  const entries = await log.entries(head.size)
  const leaves = entries.map(({ body }) => leafHash(body))
  // before the roots, because only this can name the entry when a forged head was signed, too
  const difference = seen && differenceBetween(leavesOf(seen), leaves)
  if (difference) throw new Fault(`${difference} An earlier check saw something else.`)
  await assertContinues(log, head, seen)
  const gap = gapIn(entries, head.size)
  if (gap) throw new Fault(gap)
  if (!hashOfRange(leaves, { from: 0, to: head.size }).equals(head.root))
    throw new Fault(`${await firstUnsigned(log, head, entries)} The signed head has another one there.`)
  return { head, seen: { key, head: signed, leaves: Buffer.concat(leaves).toString('base64') } }
}

/** An entry about a zip, as the log has it. */
export interface ZipEntry {
  leaf: number
  kind: string
  package: string
  version: string
  commit: string
  logged_at: string
}

/**
 * Proves that the log has the publication of a zip, given the zip's SHA-256 in hexadecimal. Also returns the other
 * entries about it that the feed shows, such as a block.
 */
export async function verifyZip(
  log: LogSource,
  sha256: string,
  seen?: Seen,
): Promise<{ head: TreeHead; seen: Seen; entries: ZipEntry[] }> {
  const { key, signed, head } = await signedHead(log, seen)
  await assertContinues(log, head, seen)
  const entries: ZipEntry[] = []
  for (const { leaf, body } of await log.entriesOfZip(sha256)) {
    // it was logged after the head was read
    if (leaf >= head.size) continue
    const path = await log.inclusion(leaf, head.size)
    if (!provesInclusion({ leaf, hash: leafHash(body), path }, head))
      throw new Fault(`Entry ${leaf} is not in the signed log.`)
    const entry = JSON.parse(body) as Omit<ZipEntry, 'leaf'> & { zip_sha256?: string }
    if (entry.zip_sha256 === sha256) entries.push({ ...entry, leaf })
  }
  if (!entries.some(({ kind }) => kind === 'version_published'))
    throw new Fault(`The log has no publication of a zip with the SHA-256 ${sha256}.`)
  return { head, seen: { key, head: signed, leaves: seen?.leaves ?? '' }, entries }
}

async function signedHead(log: LogSource, seen: Seen | undefined) {
  const [key, signed] = [await log.key(), await log.head()]
  if (seen && seen.key !== key) throw new Fault('The log has another key than before.')
  const head = openCheckpoint(signed, key)
  if (!head) throw new Fault('The head is not signed by the key of the log.')
  return { key, signed, head }
}

/** The head that was seen before has to be the beginning of this one. */
async function assertContinues(log: LogSource, head: TreeHead, seen: Seen | undefined): Promise<void> {
  const earlier = seen && openCheckpoint(seen.head, seen.key)
  if (!earlier) return
  if (head.size < earlier.size)
    throw new Fault(`The log has shrunk from ${earlier.size} to ${head.size} entries.`)
  const path = earlier.size < head.size ? await log.consistency(earlier.size, head.size) : []
  if (!provesConsistency(earlier, head, path))
    throw new Fault(
      `The head is forked: it does not continue the ${earlier.size} entries that were seen before.`,
    )
}

function leavesOf({ leaves }: Seen): Buffer[] {
  const bytes = Buffer.from(leaves, 'base64')
  return Array.from({ length: bytes.length / 32 }, (_, n) => bytes.subarray(32 * n, 32 * (n + 1)))
}
