import { finderOf } from '#kernel/look-alikes'

/** The last one is OPERATOR in capitals of Greek, Cyrillic or Coptic, whose R looks like P. */
const RESERVED = ['admin', 'operator', 'security', 'support', 'opepatop'].map((name) =>
  finderOf(name, 'whole'),
)
const hasMarket = finderOf('packagento', 'begins')

/** Nobody may imitate the market by a slug or a name. */
export const isReservedName = (text: string): boolean =>
  hasMarket(text) || RESERVED.some((isName) => isName(text))
