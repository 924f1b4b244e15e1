import { compare } from './compare.ts'
import { type Comparison, type Constraint, isBranch, isComparison, type Operator } from './constraint.ts'

/** Whether some version may satisfy both, as Composer decides it for a requirement and what provides it. */
export function intersects(a: Constraint, b: Constraint): boolean {
  if (a === '*' || b === '*') return true
  if (isComparison(a)) return isComparison(b) ? comparisonsMeet(a, b) : intersects(b, a)
  if ('some' in a) return a.some.some((each) => intersects(b, each))
  // the alternatives of `b` first: else two of them could each satisfy one half of `a`
  if ('some' in b) return intersects(b, a)
  return a.every.every((each) => intersects(b, each))
}

function comparisonsMeet(a: Comparison, b: Comparison): boolean {
  if (a.operator === '!=' || b.operator === '!=') return unequalMeets(a, b)
  if (a.operator !== '==' && direction(a) === direction(b))
    return !isBranch(a.version) && !isBranch(b.version)
  const [fixed, open] = a.operator === '==' ? [a, b] : [b, a]
  if (!holds(fixed.version, open.operator, open.version)) return false
  // `< 1.0` does not meet `>= 1.0`, although 1.0 is an end of both
  const excludesItsEnd = b.operator === '<' || b.operator === '>'
  const includesItsEnd = a.operator === '<=' || a.operator === '>=' || a.operator === '=='
  return !(excludesItsEnd && includesItsEnd && compare(b.version, a.version) === 0)
}

function unequalMeets(a: Comparison, b: Comparison): boolean {
  const other = a.operator === '!=' ? b : a
  if (other.operator === '==') return holds(b.version, '!=', a.version)
  return other.operator === '!=' || !isBranch(other.version)
}

const direction = ({ operator }: Comparison) => operator.charAt(0)

/** Branches are equal or not, and have no order. */
function holds(a: string, operator: Operator, b: string): boolean {
  if (isBranch(a) || isBranch(b)) {
    if (operator === '!=') return a !== b
    return operator === '==' && a === b
  }
  const order = compare(a, b)
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
