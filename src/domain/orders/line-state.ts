/** `open`: not decided yet. `void`: not bought, or taken back. */
export type LineState = 'open' | 'paid' | 'void'

/** The view `paid_lines` says the same of paid lines. */
export const stateOfLine = (line: { paid_at: Date | null; voided_at: Date | null }): LineState =>
  line.voided_at ? 'void' : line.paid_at ? 'paid' : 'open'
