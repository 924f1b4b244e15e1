import type { Constraint } from './constraint.ts'
import { intersects } from './intersects.ts'

/** `version`: as `normalize` returns it. */
export const satisfies = (version: string, constraint: Constraint): boolean =>
  intersects(constraint, { operator: '==', version })
