// What the patterns of Composer's version parser share. They are written so that JavaScript cannot backtrack for long.

/** The end of a text, or the place before its last line end: `$` in PHP. */
export const END = String.raw`(?=\n?$)`
/** The characters of `\s` in PHP. JavaScript's `\s` also has characters outside of ASCII. */
export const SPACE = String.raw` \t\n\v\f\r`
export const STABILITIES = 'stable|RC|beta|alpha|dev'

/** Three groups: a word, its numbers, and `dev`. */
export const MODIFIER = String.raw`[._-]?(?:(stable|beta|b|RC|alpha|a|patch|pl|p)((?:[.-]?\d+(?:[.-]\d+)*)?))?([.-]?dev)?`

export const ALIAS = new RegExp(String.raw`^([^,${SPACE}]+) +as +([^,${SPACE}]+)${END}`)

/** PHP's `trim`. */
export const trim = (text: string): string => {
  let [start, end] = [0, text.length]
  while (start < end && TRIMMED.has(text.charAt(start))) start++
  while (end > start && TRIMMED.has(text.charAt(end - 1))) end--
  return text.slice(start, end)
}
const TRIMMED = new Set(' \t\n\r\0\v')
