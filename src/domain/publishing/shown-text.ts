import { ShownFieldIsInvalid, type ShownField } from './errors.ts'

/** Line ends, and characters that a terminal could interpret as a command, or Composer as mark-up. */
const UNFIT = /[\p{C}\p{Zl}\p{Zp}<>]/u

/** Returns the trimmed text. Refuses `<field>_invalid` when it is empty, too long, or not one line of plain text. */
export function shownText(field: ShownField, text: string, most: number): string {
  const trimmed = text.trim()
  if (!trimmed || trimmed.length > most || UNFIT.test(trimmed))
    throw new ShownFieldIsInvalid(field, `one line of 1 to ${most} characters without < and >`)
  return trimmed
}
