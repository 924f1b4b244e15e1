import { joined, leafHash, nodeHash, type Range, subtreesOf, type TreeHead } from '#domain/transparency'
import type { Entry, LogSource } from './source.ts'

/** The hash of a range of leaves. */
export function hashOfRange(leaves: readonly Buffer[], range: Range): Buffer {
  return joined(subtreesOf(range).map(({ level, place }) => complete(level, place)))

  function complete(level: number, place: number): Buffer {
    if (level > 0) return nodeHash(complete(level - 1, 2 * place), complete(level - 1, 2 * place + 1))
    const leaf = leaves[place]
    if (!leaf) throw new RangeError(`there is no leaf ${place}`)
    return leaf
  }
}

/** Says which number is missing or out of order in a feed. Undefined when it has each leaf once, in order. */
export function gapIn(entries: readonly Entry[], size: number): string | undefined {
  const gap = Array.from({ length: size }, (_, n) => n).find((n) => entries[n]?.leaf !== n)
  return gap === undefined ? undefined : `Entry ${gap} is missing from the feed.`
}

/** Says how the leaves differ first from those that are known to be right. Undefined when all that are known agree. */
export function differenceBetween(
  right: readonly Buffer[],
  found: readonly Buffer[],
  offset = 0,
): string | undefined {
  const at = right.findIndex((leaf, n) => !found[n]?.equals(leaf))
  if (at < 0) return undefined
  const leaf = at + offset
  const isNext = Boolean(right[at + 1] && found[at]?.equals(right[at + 1] ?? Buffer.of()))
  const isBefore = Boolean(right[at] && found[at + 1]?.equals(right[at] ?? Buffer.of()))
  if (isNext && isBefore) return `Entries ${leaf} and ${leaf + 1} were swapped.`
  if (isNext || !found[at]) return `Entry ${leaf} was dropped.`
  if (isBefore) return `An entry was inserted before entry ${leaf}.`
  return `Entry ${leaf} was changed.`
}

/**
 * Says which entry of the feed differs first from the tree that was signed. Walks from the root down, and trusts a hash
 * only when it and its sibling give the one above.
 */
export async function firstUnsigned(
  log: LogSource,
  { size, root }: TreeHead,
  entries: readonly Entry[],
): Promise<string> {
  const leaves = entries.map(({ body }) => leafHash(body))
  const differs = (range: Range, hash: Buffer) => !hashOfRange(leaves, range).equals(hash)
  const first = await walkDown(differs)
  if (!first) return 'The proofs of the log do not lead to its head.'
  const next = first.leaf + 1 < size && (await walkDown(({ to }) => first.leaf + 1 < to))
  const right = next ? [first.hash, next.hash] : [first.hash]
  return differenceBetween(right, leaves.slice(first.leaf), first.leaf) ?? `Entry ${first.leaf} was changed.`

  /** `isLeft`: whether to go on in the left half. */
  async function walkDown(isLeft: (half: Range, hash: Buffer) => boolean) {
    let [range, hash, depth] = [{ from: 0, to: size }, root, 1]
    for (; range.to - range.from > 1; depth++) {
      const [left, right] = halvesOf(range)
      const hashOfLeft = (await log.inclusion(right.from, size)).at(-depth)
      const hashOfRight = (await log.inclusion(left.from, size)).at(-depth)
      if (!hashOfLeft || !hashOfRight || !nodeHash(hashOfLeft, hashOfRight).equals(hash)) return undefined
      const goesLeft = isLeft(left, hashOfLeft)
      range = goesLeft ? left : right
      hash = goesLeft ? hashOfLeft : hashOfRight
    }
    return { leaf: range.from, hash }
  }
}

function halvesOf({ from, to }: Range): [Range, Range] {
  let half = 1
  while (half * 2 < to - from) half *= 2
  return [
    { from, to: from + half },
    { from: from + half, to },
  ]
}
