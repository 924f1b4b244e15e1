import { finderOf } from '#kernel/look-alikes'

/** The last one is OPERATOR in capitals of Greek, Cyrillic or Coptic, whose R looks like P. */
const RESERVED = withThe(['admin', 'operator', 'security', 'support', 'opepatop'], 'whole')
const MARKET = withThe(['packagento'], 'begins')

/** Nobody may imitate the market by a slug or a name. */
export const isReservedName = (text: string): boolean =>
  [...MARKET, ...RESERVED].some((isName) => isName(text))

/** "The Admin" and "thepackagento" are the same names. */
function withThe(names: readonly string[], where: 'whole' | 'begins') {
  return names.flatMap((name) => [finderOf(name, where), finderOf(`the${name}`, where)])
}
