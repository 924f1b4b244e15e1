const MOST_CHARACTERS = 60
/** Controls, format characters (bidi, zero-width), private and unassigned ones, line ends. */
const UNFIT = /[\p{C}\p{Zl}\p{Zp}]+/gu

/** The name that a client gave itself, as one short line that cannot change the text around it. */
export function shownName(name: unknown): string {
  const clean = typeof name === 'string' ? name.replaceAll(UNFIT, ' ').replaceAll(/\s+/g, ' ').trim() : ''
  // cut by code points, so that no surrogate pair is split
  return Array.from(clean).slice(0, MOST_CHARACTERS).join('').trim() || 'An application'
}
