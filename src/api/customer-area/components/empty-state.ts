import { html, type Html } from '../html.ts'
import { type Icon, icon } from '../style/icons.ts'

/** Shown instead of an empty list: what the list will contain, what to do first, and one button. */
export const emptyState = ({
  symbol = 'box',
  title,
  text,
  action,
}: {
  symbol?: Icon
  title: string
  text: Html | string
  action?: Html | undefined
}): Html =>
  html`<div class="empty-state">
    ${icon(symbol, 28)}
    <p class="empty-title">${title}</p>
    <p>${text}</p>
    ${action}
  </div>`
