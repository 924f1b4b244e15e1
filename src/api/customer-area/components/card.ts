import { html, type Html } from '../html.ts'

/** `id`: what a link to this part of the page names. */
export const card = (title: string, body: Html, id?: string): Html =>
  html`<section class="card" ${id !== undefined && html`id="${id}"`}>
    <h2>${title}</h2>
    ${body}
  </section>`

/** Names and values, such as the vendor and the licence of a package. */
export const facts = (rows: readonly (readonly [name: string, value: Html | string])[]): Html =>
  html`<dl class="facts">
    ${rows.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`
