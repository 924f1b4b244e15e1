import { html, type Html } from '../html.ts'

/** Links to the pages that show parts of one thing. `current`: the `href` of this page. */
export const tabs = (
  label: string,
  links: readonly { href: string; text: string }[],
  current: string,
): Html =>
  html`<nav class="tabs" aria-label="${label}">
    ${links.map(
      ({ href, text }) =>
        html`<a href="${href}" ${href === current && html`aria-current="page"`}>${text}</a>`,
    )}
  </nav>`
