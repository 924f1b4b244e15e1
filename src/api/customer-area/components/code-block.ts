import { html, type Html } from '../html.ts'
import { icon } from '../style/icons.ts'

const START = '<figure class="code-block">'

/** Whether something in it can be copied. Texts of others are escaped, so only `codeBlock` writes the tag. */
export const hasCodeBlock = ({ markup }: Html): boolean => markup.includes(START)

/** Text to copy. `browser/copy.js` adds a button; without it, one click selects all of the text. */
export const codeBlock = (text: string, { caption }: { caption?: string } = {}): Html =>
  html`${{ markup: START }}
    ${caption !== undefined && html`<figcaption>${caption}</figcaption>`}
    <pre><code>${text}</code></pre>
  </figure>`

/** A secret that this page shows once. `whenLost`: what to do after losing it. */
export const keyReveal = ({
  name,
  secret,
  whenLost,
}: {
  name: string
  secret: string
  whenLost: string
}): Html =>
  html`<div class="key" role="group" aria-label="${name}">
    <p class="warning">${icon('key')}Copy it now: you will not see it again.</p>
    ${codeBlock(secret, { caption: name })}
    <p class="small">${whenLost}</p>
  </div>`
