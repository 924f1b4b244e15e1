import { html, type Html } from '../html.ts'

/** As many dots are a picture, and more are a number. */
const MOST_DOTS = 12

/** The slots of a licence as dots: filled when used. Screen readers get the numbers, and everybody with `hasNumbers`. */
export function slots({
  all,
  used,
  hasNumbers = false,
}: {
  all: number
  used: number
  hasNumbers?: boolean
}): Html {
  const text = `${used} of ${all} ${all === 1 ? 'slot' : 'slots'} used`
  if (all > MOST_DOTS) return html`<span class="small">${text}</span>`
  return html`<span class="slots">
      ${Array.from({ length: all }, (_, n) => html`<span class="${n < used ? 'used' : 'unused'}" aria-hidden="true"></span>`)}
    </span>
    <span class="${hasNumbers ? 'small' : 'visually-hidden'}">${text}</span>`
}
