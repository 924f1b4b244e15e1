import { html, type Html } from '../html.ts'
import { table } from './table.ts'

/** One bar, such as a day or a month. */
export interface Bar {
  label: string
  /** At least 0. The highest bar has the full height. */
  value: number
  /** The value as people read it, such as `149.00 EUR`. Default: the number. */
  text?: string
}

export interface SmallBars {
  /** What the bars count, such as `Installs per day`. */
  caption: string
  /** Titles of the columns of the table behind the bars. */
  columns: readonly [label: string, value: string]
  bars: readonly Bar[]
}

const STEP = 8
const WIDTH = 6
const HEIGHT = 48
/** So that a small value beside a large one is not lost. */
const LEAST = 2

/** Bars of one series, oldest first, with the same numbers as a table that opens below them. */
export const smallBars = ({ caption, columns: [label, value], bars }: SmallBars): Html => {
  const most = Math.max(...bars.map((bar) => bar.value), 0)
  return html`<figure class="bars">
    <figcaption>${caption}</figcaption>
    <svg
      viewBox="0 0 ${Math.max(bars.length, 1) * STEP} ${HEIGHT}"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      ${bars.map((bar, i) => barOf(bar.value, { i, most }))}
    </svg>
    <p class="small"><span>${bars[0]?.label}</span><span>${bars.at(-1)?.label}</span></p>
    <details>
      <summary>Show as a table</summary>
      ${table({
        caption,
        isCaptionHidden: true,
        columns: [{ title: label }, { title: value, isNumber: true }],
        rows: bars.map((bar) => [bar.label, bar.text ?? bar.value]),
      })}
    </details>
  </figure>`
}

function barOf(value: number, { i, most }: { i: number; most: number }): Html {
  const height = value > 0 ? Math.max(Math.round((value / most) * HEIGHT), LEAST) : 0
  return html`<rect
    x="${i * STEP + (STEP - WIDTH) / 2}"
    y="${HEIGHT - height}"
    width="${WIDTH}"
    height="${height}"
  />`
}
