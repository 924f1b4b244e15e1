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
  const bounds = (isEvery ? constraint.every : constraint.some).map(boundsOf)
  const [lower, upper] = [bounds.map((each) => each.lower), bounds.map((each) => each.upper)]
  return isEvery
    ? { lower: lower.reduce(highest(false)), upper: upper.reduce(lowest(true)) }
    : { lower: lower.reduce(lowest(false)), upper: upper.reduce(highest(true)) }
}

function ofComparison({ operator, version }: Comparison): Bounds {
  if (operator === '!=' || isBranch(version)) return ALL
  const bound = { version, isInclusive: operator.endsWith('=') }
  if (operator === '==') return { lower: bound, upper: bound }
  return operator.startsWith('<') ? { lower: ZERO, upper: bound } : { lower: bound, upper: INFINITY }
}

/** `isUpper`: an upper bound is higher when it includes its version, a lower bound when it does not. */
const orderOf = (a: Bound, b: Bound, isUpper: boolean) =>
  compare(a.version, b.version) || (Number(a.isInclusive) - Number(b.isInclusive)) * (isUpper ? 1 : -1)

const highest = (isUpper: boolean) => (a: Bound, b: Bound) => (orderOf(b, a, isUpper) > 0 ? b : a)
const lowest = (isUpper: boolean) => (a: Bound, b: Bound) => (orderOf(b, a, isUpper) < 0 ? b : a)
