import type { Params } from '#kernel/errors'

/**
 * What a model can do after a refusal: a text, or a function that makes it from the facts of the refusal and the invalid
 * field.
 */
export type NextStep = string | ((params: Params, field: string) => string)

/** A fact of a refusal as text. */
export const textOf = (fact: Params[string] | undefined): string =>
  typeof fact === 'object' ? fact.join(', ') : String(fact ?? '')
