import { html, type Html } from '../html.ts'
import { type Icon, icon } from '../style/icons.ts'

export type Tone = 'info' | 'good' | 'warn' | 'bad'

const ICONS: Record<Tone, Icon> = { info: 'info', good: 'check', warn: 'warning', bad: 'warning' }

export interface Notice {
  tone: Tone
  title?: string
  text?: Html | string
  /** What to do next, usually a button. */
  action?: Html
  /** So that a field can refer to it with `aria-describedby`. */
  id?: string
}

/** A message. `bad` interrupts a screen reader; the others wait until it pauses. */
export const notice = ({ tone, title, text, action, id }: Notice): Html =>
  html`<div
    class="notice ${tone}"
    role="${tone === 'bad' ? 'alert' : 'status'}"
    ${id !== undefined && html`id="${id}"`}
  >
    ${icon(ICONS[tone])}
    <div>
      ${title !== undefined && html`<p class="notice-title">${title}</p>`}
      ${text !== undefined && html`<p>${text}</p>`} ${action && html`<div class="buttons">${action}</div>`}
    </div>
  </div>`

/** The errors of a form, above it. Each links to its field. Without errors it renders nothing. */
export function errorSummary(errors: readonly { name: string; error: string }[]): Html | false {
  if (!errors.length) return false
  return html`<div class="notice bad" role="alert">
    ${icon('warning')}
    <div>
      <p class="notice-title">
        ${errors.length === 1 ? 'Correct one field' : `Correct ${errors.length} fields`}
      </p>
      <ul>
        ${errors.map(({ name, error }) => html`<li><a href="#${name}">${error}</a></li>`)}
      </ul>
    </div>
  </div>`
}
