import { html, type Html } from '../html.ts'
import { icon } from '../style/icons.ts'

/** Text to copy. One click selects all of it. */
export const codeBlock = (text: string, { caption }: { caption?: string } = {}): Html =>
  html`<figure class="code-block">
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
