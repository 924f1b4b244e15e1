import { html, type Html } from '../html.ts'

type Cell = Html | string | number

interface Column {
  title: string
  /** Numbers and amounts are aligned to the right. */
  isNumber?: boolean
  /** Left out on phones. */
  isWideOnly?: boolean
}

export interface Table {
  caption: string
  /** The caption is for screen readers only, because a heading says the same. */
  isCaptionHidden?: boolean
  columns: readonly Column[]
  rows: readonly (readonly Cell[])[]
  /** The last row, such as a total. Its first cell spans the columns for which it has no cell. */
  total?: readonly [Cell, ...Cell[]]
  /** Shown instead of rows. */
  empty?: Html | string
}

/** A table on a card. A wide one scrolls inside the card. */
export const table = ({ caption, isCaptionHidden, columns, rows, total, empty }: Table): Html =>
  html`<div class="table-card" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption ${isCaptionHidden && html`class="visually-hidden"`}>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map((column) => html`<th scope="col" ${classOf(column)}>${column.title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (cells) =>
            html`<tr>
              ${cells.map((cell, i) => html`<td ${classOf(columns[i])}>${cell}</td>`)}
            </tr>`,
        )}
        ${
          !rows.length &&
          html`<tr>
            <td class="empty" colspan="${columns.length}">${empty ?? 'Nothing yet.'}</td>
          </tr>`
        }
      </tbody>
      ${
        total &&
        html`<tfoot>
          ${totalRow(columns.length, total)}
        </tfoot>`
      }
    </table>
  </div>`

const totalRow = (width: number, [title, ...amounts]: readonly [Cell, ...Cell[]]): Html =>
  html`<tr>
    <th scope="row" colspan="${width - amounts.length}">${title}</th>
    ${amounts.map((amount) => html`<td class="number">${amount}</td>`)}
  </tr>`

const classOf = ({ isNumber, isWideOnly }: Partial<Column> = {}): Html | false => {
  const classes = [isNumber && 'number', isWideOnly && 'wide-only'].filter(Boolean)
  return classes.length > 0 && html`class="${classes.join(' ')}"`
}
