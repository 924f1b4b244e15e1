import { compare } from './compare.ts'
import { type Comparison, type Constraint, isBranch, isComparison } from './constraint.ts'

export interface Bound {
  /** Normalized. */
  version: string
  /** Whether the version itself is within. */
  isInclusive: boolean
}

export interface Bounds {
  lower: Bound
  upper: Bound
}

export const ZERO: Bound = { version: '0.0.0.0-dev', isInclusive: true }
export const INFINITY: Bound = { version: `${2n ** 63n - 1n}.0.0.0`, isInclusive: false }
const ALL: Bounds = { lower: ZERO, upper: INFINITY }

/** The lowest and the highest version that a constraint allows. Between them may be gaps. */
export function boundsOf(constraint: Constraint): Bounds {
  if (constraint === '*') return ALL
  if (isComparison(constraint)) return ofComparison(constraint)
  const isEvery = 'every' in constraint
  const members = isEvery ? constraint.every : constraint.some
  return members.map(boundsOf).reduce((found, { lower, upper }) => ({
    lower: (isEvery ? isAbove : isBelow)(lower, found.lower) ? lower : found.lower,
    upper: (isEvery ? isBelow : isAbove)(upper, found.upper) ? upper : found.upper,
  }))
}

function ofComparison({ operator, version }: Comparison): Bounds {
  if (operator === '!=' || isBranch(version)) return ALL
  const bound = { version, isInclusive: operator.endsWith('=') }
  if (operator === '==') return { lower: bound, upper: bound }
  return operator.startsWith('<') ? { lower: ZERO, upper: bound } : { lower: bound, upper: INFINITY }
}

const isAbove = (a: Bound, b: Bound) => isBeyond(a, b, 1)
const isBelow = (a: Bound, b: Bound) => isBeyond(a, b, -1)

function isBeyond(a: Bound, b: Bound, side: 1 | -1): boolean {
  if (a.version === b.version && a.isInclusive === b.isInclusive) return false
  const order = compare(a.version, b.version)
  if (order) return Math.sign(order) === side
  return side === 1 ? b.isInclusive : !b.isInclusive
}
