/** The number of bytes of a text in UTF-8. Pure, because workflows load this file. */
export function byteLength(text: string): number {
  let bytes = 0
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return bytes
}

/** The text, or as much of its beginning as fits into `most` bytes together with `…`. Never cuts a character. */
export function cutToBytes(text: string, most: number): string {
  if (byteLength(text) <= most) return text
  let cut = ''
  let left = most - byteLength('…')
  for (const character of text) {
    left -= byteLength(character)
    if (left < 0) break
    cut += character
  }
  return `${cut}…`
}

/** As many of the first items as fit into `most` bytes, written as a JSON array. */
export function firstThatFit<T>(items: readonly T[], most: number): T[] {
  let bytes = '[]'.length
  const end = items.findIndex((item) => (bytes += byteLength(JSON.stringify(item)) + 1) > most)
  return items.slice(0, end === -1 ? items.length : end)
}
