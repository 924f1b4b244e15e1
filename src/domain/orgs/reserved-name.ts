import { looksOf } from '#kernel/look-alikes'

/** Separators do not count: `Pack-agento` reads like the market, too. */
const lettersOf = (text: string): string => looksOf(text).replaceAll(/[^\p{L}\p{N}]/gv, '')

const RESERVED = new Set(['admin', 'operator', 'security', 'support'].map(lettersOf))
const MARKET = lettersOf('packagento')

/** Nobody may imitate the market by a slug or a name. */
export function isReservedName(text: string): boolean {
  const letters = lettersOf(text)
  return RESERVED.has(letters) || letters.startsWith(MARKET)
}
