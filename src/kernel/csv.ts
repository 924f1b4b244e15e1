/** A text that a spreadsheet would read as a formula. */
const FORMULA = /^[=+\-@\t\r]/

/** Returns the text of a cell, with a leading `'` when a spreadsheet would run it as a formula. */
export const csvText = (text: string): string => (FORMULA.test(text) ? `'${text}` : text)

/** Returns one line, which ends with CRLF: https://www.rfc-editor.org/rfc/rfc4180 */
export const csvLine = (cells: readonly string[]): string => `${cells.map(quoted).join(',')}\r\n`

const quoted = (cell: string): string =>
  /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
