import { readFileSync } from 'node:fs'
import { create, type Font } from 'fontkit'

/** Inter as on our pages, but complete and not variable: only such files can be embedded in a PDF. */
const REGULAR = import.meta.resolve('@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf')
const BOLD = import.meta.resolve('@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf')

let loaded: { regular: Buffer; bold: Buffer; font: Font } | undefined

/** The files, read at the first invoice. Both have letters of Latin, Greek and Cyrillic scripts. */
export function pdfFonts() {
  if (loaded) return loaded
  const regular = readFileSync(new URL(REGULAR))
  const font = create(regular)
  if (!('hasGlyphForCodePoint' in font)) throw new Error('the font file is a collection')
  loaded = { regular, bold: readFileSync(new URL(BOLD)), font }
  return loaded
}

/** Stands for a letter without a glyph. */
export const NO_GLYPH = '□'

/** A text with `NO_GLYPH` for each letter that the font does not have. */
export function printable(text: string): string {
  const { font } = pdfFonts()
  return Array.from(text.normalize('NFC'), (letter) =>
    font.hasGlyphForCodePoint(letter.codePointAt(0) ?? 0) ? letter : NO_GLYPH,
  ).join('')
}
