import { html, type Html } from '../html.ts'
import { icon } from '../style/icons.ts'
import { momentText } from './text.ts'

const START = '<figure class="code-block">'

/** Whether the markup has a code block. Texts of others are escaped, so only `codeBlock` writes the tag. */
export const hasCodeBlock = ({ markup }: Html): boolean => markup.includes(START)

/**
 * Text to copy. `browser/copy.js` adds a button; without it, one click selects all of the text. Long lines scroll, also
 * with the keyboard. `isSentence`: they wrap instead, because a person reads them.
 */
export const codeBlock = (
  text: string,
  { caption, isSentence = false }: { caption?: string; isSentence?: boolean } = {},
): Html =>
  html`${{ markup: START }}
    ${caption !== undefined && html`<figcaption>${caption}</figcaption>`}
    <pre ${isSentence ? html`class="sentence"` : html`tabindex="0"`}><code>${text}</code></pre>
  </figure>`

/**
 * A secret that this page shows once, or as often as `warning` says. `whenLost`: what to do after losing it. `until`: when it
 * ends.
 */
export const keyReveal = ({
  name,
  secret,
  whenLost,
  warning = 'Copy it now: you will not see it again.',
  until,
}: {
  name: string
  secret: string
  whenLost: string
  warning?: string
  until?: Date | undefined
}): Html =>
  html`<div class="key" role="group" aria-label="${name}">
    <p class="warning">${icon('key')}${warning}</p>
    ${codeBlock(secret, { caption: name })}
    ${until && html`<p>It was replaced, and works only until ${momentText(until)}.</p>`}
    <p class="small">${whenLost}</p>
  </div>`
