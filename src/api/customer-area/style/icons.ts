import { html, type Html } from '../html.ts'

/** Lines on a square of 20 by 20. */
const PATHS = {
  home: 'M3.5 9 10 3.5 16.5 9v7.5h-4.5V12h-4v4.5H3.5z',
  card: 'M2.5 5.5h15v9.5h-15zM2.5 8.5h15M5.5 12h3',
  receipt: 'M4.5 3v14.5l2.75-2 2.75 2 2.75-2 2.75 2V3zM7.5 7h5M7.5 10.5h5',
  plug: 'M7 3v4M13 3v4M5 7h10v2.5a5 5 0 0 1-10 0zM10 14.5V17.5',
  list: 'M3.5 5.5h.01M3.5 10h.01M3.5 14.5h.01M7 5.5h9.5M7 10h9.5M7 14.5h9.5',
  lock: 'M4.5 9h11v7.5h-11zM7 9V6.5a3 3 0 0 1 6 0V9',
  search: 'M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM13 13l4 4',
  chevron: 'M6 8l4 4 4-4',
  check: 'M4.5 10.5 8.5 14.5 15.5 6',
  cross: 'M5.5 5.5l9 9M14.5 5.5l-9 9',
  info: 'M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM10 9v4.5M10 6.5h.01',
  warning: 'M10 3 17.5 16.5H2.5zM10 8v4M10 14.2h.01',
  box: 'M3.5 7.5v8.5h13V7.5M3.5 7.5 7 4l3 3.5M16.5 7.5 13 4l-3 3.5',
  layers: 'M10 3.5 17 7l-7 3.5L3 7zM3.5 10 10 13.25 16.5 10M3.5 13 10 16.25 16.5 13',
  branch:
    'M6 6.5v7M6 6.5a1.75 1.75 0 1 0 0-3.5 1.75 1.75 0 0 0 0 3.5zM6 17a1.75 1.75 0 1 0 0-3.5A1.75 1.75 0 0 0 6 17zM14 8.5a1.75 1.75 0 1 0 0-3.5 1.75 1.75 0 0 0 0 3.5zM14 8.5c0 3-8 1.5-8 5',
  people:
    'M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2 16.5c0-3 2.2-5 5.5-5s5.5 2 5.5 5M13 4a2.75 2.75 0 0 1 0 5.3M14.5 11.8c2.2.5 3.5 2.2 3.5 4.7',
  key: 'M12.5 11a3.75 3.75 0 1 0-3.2-1.8L3.5 15v2h2.5v-1.8h1.8v-1.8h1.8l1.3-1.3',
} as const

export type Icon = keyof typeof PATHS

/** A decoration: the text beside it says the same. */
export const icon = (name: Icon, size = 20): Html =>
  html`<svg
    width="${size}"
    height="${size}"
    viewBox="0 0 20 20"
    fill="none"
    stroke="currentColor"
    stroke-width="1.6"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    <path d="${PATHS[name]}" />
  </svg>`
