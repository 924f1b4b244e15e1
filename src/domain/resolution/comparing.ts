import { LONGEST, rememberingCompare } from '#kernel/composer-version/compare'
import { type Constraint, versionsIn } from '#kernel/composer-version/constraint'
import { intersects } from '#kernel/composer-version/intersects'
import { parseConstraint } from '#kernel/composer-version/parse-constraint'

/** How much work one answer may take: about a third of a second. To compare one alternative of a constraint is 1. */
const MOST = 200_000
/** Reading this many characters costs as much as one comparison. */
const CHARACTERS = 4

/** Compares versions with constraints, which strangers wrote. Once the work is done up, everything fits everything. */
export interface Comparing {
  /** Reads each text once. Undefined for one that Composer cannot read. When the work is used up, every version fits. */
  read: (text: string) => Constraint | undefined
  satisfies: (version: string, constraint: Constraint) => boolean
  intersects: (a: Constraint, b: Constraint) => boolean
  /** Counts what is looked at without comparing. False when the work is used up. */
  spend: (work: number) => boolean
  /** Whether something was not compared. */
  isCutOff: () => boolean
}

export function comparing(most = MOST): Comparing {
  const order = rememberingCompare()
  const texts = new Map<string, Constraint | undefined>()
  const sizes = new Map<Constraint, number>()
  let left = most
  const sizeOf = (constraint: Constraint): number => {
    const size = sizes.get(constraint) ?? Math.max(1, versionsIn(constraint).length)
    sizes.set(constraint, size)
    return size
  }
  const spend = (work: number): boolean => {
    left -= work
    return left >= 0
  }
  const meets = (a: Constraint, b: Constraint, cost: number): boolean =>
    !spend(cost) || intersects(a, b, order)
  return {
    read(text) {
      if (texts.has(text)) return texts.get(text)
      if (!spend(Math.ceil(Math.min(text.length, LONGEST) / CHARACTERS))) return '*'
      const constraint = parseConstraint(text)
      texts.set(text, constraint)
      return constraint
    },
    satisfies: (version, constraint) => meets(constraint, { operator: '==', version }, sizeOf(constraint)),
    intersects: (a, b) => meets(a, b, sizeOf(a) * sizeOf(b)),
    spend,
    isCutOff: () => left < 0,
  }
}
