// What a constraint means: https://getcomposer.org/doc/articles/versions.md#writing-version-constraints

export type Operator = '==' | '!=' | '<' | '<=' | '>' | '>='

export interface Comparison {
  operator: Operator
  /** Normalized, such as `1.2.0.0-dev`, or `dev-` and a branch. */
  version: string
}

/** `'*'` allows every version, also branches. `every` and `some` have at least two members. */
export type Constraint = '*' | Comparison | Every | Some

export interface Every {
  every: readonly Constraint[]
}

export interface Some {
  some: readonly Constraint[]
}

export const isComparison = (constraint: Constraint): constraint is Comparison =>
  constraint !== '*' && 'operator' in constraint

export const isBranch = (version: string): boolean => version.startsWith('dev-')

/** The normalized versions that a constraint compares with. */
export function versionsIn(constraint: Constraint): string[] {
  if (constraint === '*') return []
  if (isComparison(constraint)) return [constraint.version]
  return ('every' in constraint ? constraint.every : constraint.some).flatMap(versionsIn)
}
