import { html, type Html } from '../html.ts'

/** `danger`: takes something away. A page has at most one `primary` action. */
export type ButtonKind = 'primary' | 'quiet' | 'danger'

interface Look {
  kind?: ButtonKind
  isSmall?: boolean
  /** For screen readers, when the same text appears several times on a page. The label has to contain the text. */
  fullText?: string
}

const classOf = ({ kind, isSmall }: Look): string =>
  [kind !== 'primary' && kind, isSmall && 'small'].filter(Boolean).join(' ')

interface Sends {
  name?: string
  value?: string
  /** Posts the form with this id to a path, wherever the button is, and whatever the form does by itself. */
  posts?: { form: string; to: string }
}

/** A button that sends its form. `name` and `value` identify the pressed button when there are several. */
export const button = (text: string, { name, value, posts, fullText, ...look }: Look & Sends = {}): Html =>
  html`<button
    class="${classOf(look)}"
    ${name !== undefined && html`name="${name}" value="${value}"`}
    ${posts && html`form="${posts.form}" formmethod="post" formaction="${posts.to}"`}
    ${fullText !== undefined && html`aria-label="${fullText}"`}
  >
    ${text}
  </button>`

/** A link that looks like a button. */
export const linkButton = (href: string, text: string, { fullText, ...look }: Look = {}): Html =>
  html`<a
    class="${`button ${classOf(look)}`.trim()}"
    href="${href}"
    ${fullText !== undefined && html`aria-label="${fullText}"`}
    >${text}</a
  >`
