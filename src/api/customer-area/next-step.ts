import type { Params } from '#kernel/errors'

/** What a person can do next. The link leads to one of our pages. */
export interface NextStep {
  text: string
  link?: { href: string; text: string }
}

/** A fact of a refusal as text. */
export const textOf = (fact: Params[string] | undefined): string =>
  typeof fact === 'object' ? fact.join(', ') : String(fact ?? '')
