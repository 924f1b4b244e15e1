// The parts of a constraint that stand for a range: ~1.2, ^1.2, 1.2.*, 1.0 - 2.0.
import type { Comparison } from './constraint.ts'
import { normalize } from './normalize.ts'
import { END, MODIFIER, SPACE } from './patterns.ts'
import type { Reading } from './reading.ts'

/** Eight groups: four numbers, the three of `MODIFIER`, and `x-dev`. */
const VERSION = String.raw`v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.(\d+))?(?:${MODIFIER}|\.([xX*][.-]?dev))(?:\+[^${SPACE}]+)?`

const TILDE = new RegExp(`^~${VERSION}${END}`, 'i')
const CARET = new RegExp(String.raw`^\^${VERSION}${END}`, 'i')
const WILDCARD = new RegExp(String.raw`^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.[xX*])+${END}`)
const HYPHEN = new RegExp(`^(${VERSION}) +- +(${VERSION})${END}`, 'i')

/** The two ends of a range, or one end. Undefined when the text is no range. Throws `InvalidVersion`. */
export function parseRange(text: string, reading: Reading): Comparison[] | undefined {
  return tilde(text, reading) ?? caret(text, reading) ?? wildcard(text) ?? hyphen(text, reading)
}

/** The groups of `VERSION`. `undefined` and `''` mean the same: the group is not there. */
type Groups = readonly (string | undefined)[]

const hasSuffix = ([, , , , word, , dev, branch]: Groups) => Boolean(word || dev || branch)

function tilde(text: string, reading: Reading): Comparison[] | undefined {
  const [, ...groups] = TILDE.exec(text) ?? []
  if (!groups.length) return undefined
  const given = groups.slice(0, 4).filter(Boolean).length
  // 2.x-dev has one number, and its range ends as that of 2.0
  const position = groups[7] ? given + 1 : given
  return fromTo(normalize(lowestOf(text, groups), reading), groups, Math.max(1, position - 1))
}

/** Ends before the next change of the first number that is not 0. */
function caret(text: string, reading: Reading): Comparison[] | undefined {
  const [, ...groups] = CARET.exec(text) ?? []
  if (!groups.length) return undefined
  const [first, second, third] = groups
  if (first !== '0' || !second) return fromTo(normalize(lowestOf(text, groups), reading), groups, 1)
  return fromTo(normalize(lowestOf(text, groups), reading), groups, second !== '0' || !third ? 2 : 3)
}

/** `position`: which of the four numbers is one higher at the end, from 1. */
function fromTo(lowest: string, groups: Groups, position: number): Comparison[] {
  return [
    { operator: '>=', version: lowest },
    { operator: '<', version: `${raised(groups, position)}-dev` },
  ]
}

/** A range begins with the unstable versions of its lowest one. */
const lowestOf = (text: string, groups: Groups) => `${text}${hasSuffix(groups) ? '' : '-dev'}`.slice(1)

function wildcard(text: string): Comparison[] | undefined {
  const [, ...groups] = WILDCARD.exec(text) ?? []
  if (!groups.length) return undefined
  const position = groups.filter(Boolean).length
  const lowest = `${padded(groups, position)}-dev`
  const end: Comparison = { operator: '<', version: `${raised(groups, position)}-dev` }
  return lowest === '0.0.0.0-dev' ? [end] : [{ operator: '>=', version: lowest }, end]
}

function hyphen(text: string, reading: Reading): Comparison[] | undefined {
  const [, from = '', ...rest] = HYPHEN.exec(text) ?? []
  if (!from) return undefined
  const [low, to = '', high] = [rest.slice(0, 8), rest[8], rest.slice(9)]
  const lowest = `${normalize(from, reading)}${hasSuffix(low) ? '' : '-dev'}`
  const highest = normalize(to, reading)
  // three numbers or a suffix name one version, which belongs to the range; fewer numbers name all that begin with them
  const isOne = hasSuffix(high) || Boolean(high[1] && high[2])
  return [
    { operator: '>=', version: lowest },
    isOne
      ? { operator: '<=', version: highest }
      : { operator: '<', version: `${raised(high, high[1] ? 2 : 1)}-dev` },
  ]
}

/** The first numbers, then zeros. Keeps leading zeros. */
const padded = (groups: Groups, position: number): string =>
  [0, 1, 2, 3].map((i) => (i < position ? groups[i] : '0')).join('.')

function raised(groups: Groups, position: number): string {
  return padded(groups.with(position - 1, oneMore(groups[position - 1] ?? '')), position)
}

/** PHP's addition: beyond 2^63 the number becomes a float, which PHP prints with 14 digits as 1.0E+20. */
function oneMore(digits: string): string {
  const sum = BigInt(digits) + 1n
  if (sum < 2n ** 63n) return String(sum)
  const [mantissa = '', exponent = ''] = Number(sum).toExponential(13).split('e')
  return `${mantissa.replace(/\.(\d+?)0+$/, '.$1')}E${exponent}`
}
