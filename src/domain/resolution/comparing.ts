import { rememberingCompare } from '#kernel/composer-version/compare'
import { type Constraint, versionsIn } from '#kernel/composer-version/constraint'
import { intersects } from '#kernel/composer-version/intersects'
import { parseConstraint } from '#kernel/composer-version/parse-constraint'

/** How many alternatives of constraints one answer compares: about a third of a second. */
const MOST = 200_000

/** Compares versions with constraints, which strangers wrote. Once the work is done up, everything fits everything. */
export interface Comparing {
  /** Reads each text once. Undefined for one that Composer cannot read. */
  read: (text: string) => Constraint | undefined
  satisfies: (version: string, constraint: Constraint) => boolean
  intersects: (a: Constraint, b: Constraint) => boolean
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
  const meets = (a: Constraint, b: Constraint, cost: number): boolean => {
    left -= cost
    return left < 0 || intersects(a, b, order)
  }
  return {
    read(text) {
      if (!texts.has(text)) texts.set(text, parseConstraint(text))
      return texts.get(text)
    },
    satisfies: (version, constraint) => meets(constraint, { operator: '==', version }, sizeOf(constraint)),
    intersects: (a, b) => meets(a, b, sizeOf(a) * sizeOf(b)),
    isCutOff: () => left < 0,
  }
}
