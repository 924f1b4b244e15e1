import { html, type Html } from '../html.ts'
import { type Icon, icon } from '../style/icons.ts'

/** In the place of a list without rows: what belongs here, what to do first, and one button. */
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
