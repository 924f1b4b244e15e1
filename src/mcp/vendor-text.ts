/** Longest text of each kind that reaches a model, in characters (code points). */
export const SUMMARY = 300
export const NAME = 100

/**
 * Text a vendor wrote, as a model may see it: without invisible format characters (bidi, tags, zero-width), private
 * or unassigned code points and controls but newline and tab; cut with an ellipsis. Shown under `vendor_text` only.
 */
export function vendorText(text: string, most: number): string {
  const clean = text
    .replaceAll('\r\n', '\n')
    .replaceAll(/[\p{Cf}\p{Co}\p{Cn}\p{Cs}]|(?![\n\t])\p{Cc}/gu, '')
    .trim()
  const characters = Array.from(clean)
  return characters.length <= most ? clean : `${characters.slice(0, most - 1).join('')}…`
}
