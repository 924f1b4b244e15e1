import { describe, expect, test } from 'vitest'
import { joined, provesConsistency, provesInclusion, subtreesOf } from '#domain/transparency'
import {
  consistencyPath,
  inclusionPath,
  leafHash,
  nodeHash,
  type Range,
} from '../../../src/domain/transparency/merkle.ts'

// the inputs and roots with which implementations of RFC 6962 test themselves
const INPUTS = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
]
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

/** Hashes a range as the definition says, without stored subtrees. */
function hashOf(leaves: readonly Buffer[], { from, to }: Range): Buffer {
  const [only] = leaves.slice(from, to)
  if (to - from <= 1) return only ?? joined([])
  let half = 1
  while (half * 2 < to - from) half *= 2
  return nodeHash(hashOf(leaves, { from, to: from + half }), hashOf(leaves, { from: from + half, to }))
}
const LEAVES = Array.from({ length: 35 }, (_, n) => leafHash(`entry ${n}`))
const HEADS = [joined([]), ...LEAVES.map((_, n) => hashOf(LEAVES, { from: 0, to: n + 1 }))]
const head = (size: number) => ({ size, root: HEADS[size] ?? joined([]) })
const hashes = (ranges: readonly Range[]) => ranges.map((range) => hashOf(LEAVES, range))
const flipped = (hash: Buffer) => Buffer.from(hash.map((byte, n) => (n === 0 ? byte ^ 1 : byte)))

describe('the Merkle tree of the log', () => {
  test('the tree has the roots that other implementations of RFC 6962 compute', () => {
    const leaves = INPUTS.map((hex) => leafHash(Buffer.from(hex, 'hex').toString('latin1')))
    // only bytes below 128, so that latin1 and UTF-8 are the same
    expect(ROOTS.map((_, size) => hashOf(leaves, { from: 0, to: size }).toString('hex'))).toEqual(ROOTS)
  })

  test('a range is joined from its complete subtrees', () => {
    for (let size = 1; size <= LEAVES.length; size++) {
      const subtrees = subtreesOf({ from: 0, to: size }).map(({ level, place }) =>
        hashOf(LEAVES, { from: place * 2 ** level, to: (place + 1) * 2 ** level }),
      )
      expect(joined(subtrees)).toEqual(head(size).root)
    }
  })

  test('each leaf of each tree has a proof of inclusion, and no other hash, place or root passes with it', () => {
    const wrong: unknown[] = []
    for (let size = 1; size <= LEAVES.length; size++)
      for (const [leaf, hash] of LEAVES.slice(0, size).entries()) {
        const path = hashes(inclusionPath(leaf, { from: 0, to: size }))
        const proves = (more: object, root = head(size).root) =>
          provesInclusion({ leaf, hash, path, ...more }, { size, root })
        if (!proves({})) wrong.push(['refused', leaf, size])
        for (const more of [{ hash: flipped(hash) }, { leaf: leaf + 1 }, { path: [...path, hash] }])
          if (proves(more)) wrong.push(['accepted', leaf, size, more])
        if (proves({}, flipped(head(size).root))) wrong.push(['accepted', leaf, size, 'another root'])
      }
    expect(wrong).toEqual([])
  })

  test('each earlier tree is proved to be the beginning of each later one, and no other tree is', () => {
    const wrong: unknown[] = []
    for (let size = 1; size <= LEAVES.length; size++)
      for (let earlier = 0; earlier <= size; earlier++) {
        const path = hashes(consistencyPath(earlier, size))
        const [one, other] = [head(earlier), head(size)]
        const forked = (of: typeof one) => ({ ...of, root: flipped(of.root) })
        if (!provesConsistency(one, other, path)) wrong.push(['refused', earlier, size])
        if (provesConsistency(forked(one), other, path)) wrong.push(['accepted a fork of', earlier, size])
        if (provesConsistency(one, other, [...path, other.root])) wrong.push(['a long path', earlier, size])
        if (earlier > 0 && provesConsistency(one, forked(other), path)) wrong.push(['a fork', earlier, size])
      }
    expect(wrong).toEqual([])
    expect(provesConsistency(head(5), head(4), [])).toBe(false)
  })
})
