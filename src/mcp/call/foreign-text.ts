/** The maximum length of each kind of text for a model, in characters (code points). */
export const SUMMARY = 300
export const NAME = 100
export const EXCERPT = 4_000

const PRINTABLE_ASCII = /^[ -~]*$/
const INVISIBLE = /[\p{Cf}\p{Co}\p{Cn}\p{Cs}]|(?![\n\t]|\r\n)\p{Cc}/gu

/**
 * Removes format characters (bidi, tags, zero-width), private and unassigned ones, and all controls except line ends and
 * tabs.
 */
export const visible = (text: string): string =>
  PRINTABLE_ASCII.test(text) ? text : text.replaceAll(INVISIBLE, '')

/** Links of Markdown: `[text](target)` and `![text](target)`. */
const MARKED_LINK = /!?\[([^[\]]{0,500})\]\([^()\s]{0,2000}(\s[^()]{0,500})?\)/g
/** URLs. Does not match `name.example/path`, because names of files and packages look like that. */
const ADDRESS = /(\b[a-z][a-z0-9+.-]{0,20}:[\\/]+|\/\/|\bwww\.|\bmailto:)[^\s"'`<>()[\]]+/gi

/** Most names: printable ASCII without what a link or a URL needs. */
const HARMLESS = /^(?!.*www\.)[ -.0-9;-Z^-~]*$/i

/**
 * Makes a text of a vendor, another member or a client safe for a model: removes invisible characters and URLs, and cuts
 * it with an ellipsis. Texts of vendors appear under `vendor_text` only.
 */
export function foreignText(text: string, maxLength: number): string {
  if (text.length <= maxLength && HARMLESS.test(text)) return text.trim()
  const clean = visible(text.slice(0, maxLength * 20).replaceAll('\r\n', '\n'))
    // applied twice, for an image inside a link; deeper nesting stays as text
    .replaceAll(MARKED_LINK, '$1')
    .replaceAll(MARKED_LINK, '$1')
    .replaceAll('](', '] (')
    .replaceAll(ADDRESS, '[link]')
    .trim()
  const characters = Array.from(clean)
  return characters.length <= maxLength ? clean : `${characters.slice(0, maxLength - 1).join('')}…`
}

export const foreignName = (name: string): string => foreignText(name, NAME)
