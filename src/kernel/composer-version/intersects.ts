import { type Compare, compare } from './compare.ts'
import { type Comparison, type Constraint, isBranch, isComparison, type Operator } from './constraint.ts'

/** Whether some version may satisfy both, as Composer decides it for a requirement and what provides it. */
export function intersects(a: Constraint, b: Constraint, order: Compare = compare): boolean {
  if (a === '*' || b === '*') return true
  if (isComparison(a)) return isComparison(b) ? comparisonsMeet(a, b, order) : intersects(b, a, order)
  if ('some' in a) return a.some.some((each) => intersects(b, each, order))
  // the alternatives of `b` first: else two of them could each satisfy one half of `a`
  if ('some' in b) return intersects(b, a, order)
  return a.every.every((each) => intersects(b, each, order))
}

function comparisonsMeet(a: Comparison, b: Comparison, order: Compare): boolean {
  if (a.operator === '!=' || b.operator === '!=') return unequalMeets(a, b, order)
  if (a.operator !== '==' && direction(a) === direction(b))
    return !isBranch(a.version) && !isBranch(b.version)
  const [fixed, open] = a.operator === '==' ? [a, b] : [b, a]
  if (!holds([fixed.version, open.operator, open.version], order)) return false
  // `< 1.0` does not meet `>= 1.0`, although 1.0 is an end of both
  const excludesItsEnd = b.operator === '<' || b.operator === '>'
  const includesItsEnd = a.operator === '<=' || a.operator === '>=' || a.operator === '=='
  return !(excludesItsEnd && includesItsEnd && order(b.version, a.version) === 0)
}

function unequalMeets(a: Comparison, b: Comparison, order: Compare): boolean {
  const other = a.operator === '!=' ? b : a
  if (other.operator === '==') return holds([b.version, '!=', a.version], order)
  return other.operator === '!=' || !isBranch(other.version)
}

const direction = ({ operator }: Comparison) => operator.charAt(0)

/** Branches are equal or not, and have no order. */
function holds([a, operator, b]: [string, Operator, string], compared: Compare): boolean {
  if (isBranch(a) || isBranch(b)) {
    if (operator === '!=') return a !== b
    return operator === '==' && a === b
  }
  const order = compared(a, b)
  switch (operator) {
    case '==':
      return order === 0
    case '!=':
      return order !== 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
  }
}
