import { NotToBeShown, type ShownField } from './errors.ts'

/** What a terminal could take for a command or Composer for mark-up, and line ends. */
const UNFIT = /[\p{C}\p{Zl}\p{Zp}<>]/u

/** Trimmed; refuses what is empty, too long or more than plain text in one line, as `<field>_invalid`. */
export function shownText(field: ShownField, text: string, most: number): string {
  const trimmed = text.trim()
  if (!trimmed || trimmed.length > most || UNFIT.test(trimmed))
    throw new NotToBeShown(field, `one line of 1 to ${most} characters without < and >`)
  return trimmed
}
