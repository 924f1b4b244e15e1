// The Merkle tree of RFC 6962, section 2: https://www.rfc-editor.org/rfc/rfc6962#section-2. Indexes and sizes may exceed 32
// bits, so nothing here uses bit operators.
import { createHash } from 'node:crypto'

/** The leaves from `from`, without `to`. */
export interface Range {
  from: number
  to: number
}

/** A complete subtree: it covers 2^level leaves, beginning with place * 2^level. */
export interface Subtree {
  level: number
  place: number
}

export const leafHash = (body: string): Buffer => sha256(0, Buffer.from(body))
export const nodeHash = (left: Buffer, right: Buffer): Buffer => sha256(1, left, right)
export const emptyRoot = (): Buffer => createHash('sha256').digest()

function sha256(prefix: number, ...parts: Buffer[]): Buffer {
  const hash = createHash('sha256').update(Buffer.of(prefix))
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** The complete subtrees that a range of a tree consists of, from the left. */
export function subtreesOf({ from, to }: Range): Subtree[] {
  const found: Subtree[] = []
  for (let start = from; start < to;) {
    const level = levelWithin(to - start)
    found.push({ level, place: start / 2 ** level })
    start += 2 ** level
  }
  return found
}

/** Joins the hashes of the complete subtrees of a range, given from the left, to the hash of the range. */
export function joined(hashes: readonly Buffer[]): Buffer {
  const last = hashes.at(-1)
  return last ? hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last) : emptyRoot()
}

/** The ranges whose hashes prove that a leaf is in a tree of this size, from the leaf to the root. */
export function inclusionPath(leaf: number, within: Range): Range[] {
  const { from, to } = within
  if (to - from <= 1) return []
  const middle = from + largestPowerBelow(to - from)
  return leaf < middle
    ? [...inclusionPath(leaf, { from, to: middle }), { from: middle, to }]
    : [...inclusionPath(leaf, { from: middle, to }), { from, to: middle }]
}

/** The ranges whose hashes prove that a tree of `earlier` leaves is the beginning of a tree of `size` leaves. */
export function consistencyPath(earlier: number, size: number): Range[] {
  return earlier === 0 || earlier === size ? [] : pathBetween(earlier, { from: 0, to: size }, true)
}

function pathBetween(earlier: number, { from, to }: Range, isWholeTree: boolean): Range[] {
  if (earlier === to) return isWholeTree ? [] : [{ from, to }]
  const middle = from + largestPowerBelow(to - from)
  return earlier <= middle
    ? [...pathBetween(earlier, { from, to: middle }, isWholeTree), { from: middle, to }]
    : [...pathBetween(earlier, { from: middle, to }, false), { from, to: middle }]
}

/** The greatest level with at most so many leaves. `Math.log2` is not exact for every power of two. */
function levelWithin(leaves: number): number {
  let level = 0
  while (2 ** (level + 1) <= leaves) level++
  return level
}

const largestPowerBelow = (count: number): number => 2 ** levelWithin(count - 1)

/** A tree at some time. */
export interface TreeHead {
  /** How many leaves it has. */
  size: number
  root: Buffer
}

/** Whether the path proves that the tree has this leaf (RFC 9162, section 2.1.3.2). */
export function provesInclusion(
  { leaf, hash, path }: { leaf: number; hash: Buffer; path: readonly Buffer[] },
  { size, root }: TreeHead,
): boolean {
  if (leaf >= size) return false
  let [at, last, computed] = [leaf, size - 1, hash]
  for (const sibling of path) {
    if (last === 0) return false
    if (isRightChild(at) || at === last) {
      computed = nodeHash(sibling, computed)
      ;[at, last] = leavingLeftEdges(at, last)
    } else computed = nodeHash(computed, sibling)
    ;[at, last] = [half(at), half(last)]
  }
  return last === 0 && computed.equals(root)
}

/** Whether the path proves that the earlier tree is the beginning of the later one (RFC 9162, section 2.1.4.2). */
export function provesConsistency(earlier: TreeHead, later: TreeHead, path: readonly Buffer[]): boolean {
  if (earlier.size > later.size) return false
  if (earlier.size === later.size) return path.length === 0 && earlier.root.equals(later.root)
  if (earlier.size === 0) return path.length === 0 && earlier.root.equals(emptyRoot())
  const isComplete = 2 ** levelWithin(earlier.size) === earlier.size
  const [first, ...rest] = isComplete ? [earlier.root, ...path] : path
  if (!first) return false
  let [at, last] = [earlier.size - 1, later.size - 1]
  while (isRightChild(at)) [at, last] = [half(at), half(last)]
  let [earlierRoot, laterRoot] = [first, first]
  for (const sibling of rest) {
    if (last === 0) return false
    if (isRightChild(at) || at === last) {
      ;[earlierRoot, laterRoot] = [nodeHash(sibling, earlierRoot), nodeHash(sibling, laterRoot)]
      ;[at, last] = leavingLeftEdges(at, last)
    } else laterRoot = nodeHash(laterRoot, sibling)
    ;[at, last] = [half(at), half(last)]
  }
  return last === 0 && earlierRoot.equals(earlier.root) && laterRoot.equals(later.root)
}

const isRightChild = (place: number): boolean => place % 2 === 1
const half = (place: number): number => Math.floor(place / 2)

/** Skips levels on which the node at the right edge has no sibling. */
function leavingLeftEdges(at: number, last: number): [number, number] {
  while (!isRightChild(at) && at !== 0) [at, last] = [half(at), half(last)]
  return [at, last]
}
