import { firstLink, type Link, linkAfter, linkPlaceIn, type StoredEvent } from './link.ts'
import { brokenAfter, isAt, type Verdict } from './verify-chain.ts'

/** One line of an exported chain: an event, or at the end the head. Hashes are hexadecimal. */
export type ExportLine = ReturnType<typeof eventLine> | ReturnType<typeof headLine>

export const eventLine = ({ body, prevHash, hash }: StoredEvent) => ({
  body,
  prev_hash: prevHash.toString('hex'),
  hash: hash.toString('hex'),
})

export const headLine = (chain: string, { seq, hash }: Link) => ({
  head: { chain, seq, hash: hash.toString('hex') },
})

/**
 * Recomputes the hashes of an exported chain, as `verifyChain` does for a stored one. A file without its last line, the
 * head, is broken after its last event. `chain` is undefined when the first line is no event.
 */
export async function verifyExport(
  lines: AsyncIterable<string>,
): Promise<Verdict & { chain: string | undefined }> {
  let chain: string | undefined
  let link: Link | undefined
  let isOver = false
  const broken = () => ({ chain, ...brokenAfter(link ?? { seq: 0 }) })
  for await (const line of lines) {
    if (!line.trim()) continue
    const read = lineOf(line)
    if (!read || isOver) return broken()
    if ('head' in read) {
      if (!link || read.head.chain !== chain || !isAt(link, read.head)) return broken()
      isOver = true
      continue
    }
    chain ??= linkPlaceIn(read.body)?.chain
    const next = chain === undefined ? undefined : linkAfter(chain, link ?? firstLink(chain), read)
    if (!next) return broken()
    link = next
  }
  return link && isOver ? { chain, intact: true, events: link.seq } : broken()
}

/** Undefined for a line that we would not write. */
function lineOf(text: string): StoredEvent | { head: Link & { chain: string } } | undefined {
  try {
    const line = JSON.parse(text) as Partial<ReturnType<typeof eventLine> & ReturnType<typeof headLine>>
    if (line.head) return { head: { ...line.head, hash: Buffer.from(line.head.hash, 'hex') } }
    const { body, prev_hash: prevHash = '', hash = '' } = line
    if (typeof body !== 'string') return undefined
    return { body, prevHash: Buffer.from(prevHash, 'hex'), hash: Buffer.from(hash, 'hex') }
  } catch {
    return undefined
  }
}
