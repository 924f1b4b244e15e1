import { html, type Html } from '../html.ts'

/** An open box in three lines: the box and its two flaps. SVG paths in a square of 32. */
export const STROKES = ['M9 14v10h14V14', 'M9 14 4.5 8.5', 'M23 14l4.5-5.5']

const strokes: Html = html`${STROKES.map((path) => html`<path d="${path}" />`)}`

/** The mark in the colours of the page. */
export const mark: Html = html`<svg width="28" height="28" viewBox="0 0 32 32" aria-hidden="true">
  <rect class="mark-tile" width="32" height="32" rx="8" />
  <g class="mark-line">${strokes}</g>
</svg>`

/** The mark as a file for tabs and bookmarks. */
export const FAVICON = html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
  <rect width="32" height="32" rx="8" fill="#b8400e" />
  <g fill="none" stroke="#fff" stroke-width="2.8" stroke-linecap="round" stroke-linejoin="round">
    ${strokes}
  </g>
</svg>`.markup
