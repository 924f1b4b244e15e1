/** Longest text of each kind that reaches a model, in characters (code points). */
export const SUMMARY = 300
export const NAME = 100
export const EXCERPT = 4_000

const INVISIBLE = /[\p{Cf}\p{Co}\p{Cn}\p{Cs}]|(?![\n\t]|\r\n)\p{Cc}/gu

/** Without format characters (bidi, tags, zero-width), private or unassigned ones, and controls but line ends and tab. */
export const visible = (text: string): string => text.replaceAll(INVISIBLE, '')

/** Of Markdown: `[text](target)` and `![text](target)`. */
const MARKED_LINK = /!?\[([^[\]]{0,500})\]\([^()\s]{0,2000}(\s[^()]{0,500})?\)/g
/** Not `name.example/path`: that is how files and packages are written, too. */
const ADDRESS = /(\b[a-z][a-z0-9+.-]{0,20}:[\\/]+|\/\/|\bwww\.|\bmailto:)[^\s"'`<>()[\]]+/gi

/**
 * Text that a vendor, another member or a client wrote, as a model may see it: no invisible characters, no address to
 * open, cut with an ellipsis. What vendors wrote stands under `vendor_text` only.
 */
export function foreignText(text: string, most: number): string {
  const clean = visible(text.slice(0, most * 20).replaceAll('\r\n', '\n'))
    // twice for a picture in a link; what is nested deeper, or odd, stays text
    .replaceAll(MARKED_LINK, '$1')
    .replaceAll(MARKED_LINK, '$1')
    .replaceAll('](', '] (')
    .replaceAll(ADDRESS, '[link]')
    .trim()
  const characters = Array.from(clean)
  return characters.length <= most ? clean : `${characters.slice(0, most - 1).join('')}…`
}

export const foreignName = (name: string): string => foreignText(name, NAME)
