import { openPage, tellAssistant } from './host.js'

/** Makes an element. Texts become text nodes, so no text is ever read as markup. */
export function el(tag, attributes, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes ?? {}))
    if (value !== undefined && value !== false) made.setAttribute(name, value)
  made.append(...children.flat().filter((child) => child !== undefined && child !== false && child !== ''))
  return made
}

/** Replaces the whole view. */
export const show = (...children) =>
  document.querySelector('#view').replaceChildren(...children.flat().filter(Boolean))

export const heading = (title, badge) => el('header', {}, el('h1', {}, title), badge)

/** A status in words. The colour repeats what the words say. */
export const badge = (text, tone = 'info') => el('span', { class: `badge ${tone}` }, text)

export const notice = (tone, title, ...children) =>
  el('div', { class: `notice ${tone}` }, el('p', { class: 'notice-title' }, title), ...children)

export const code = (text) => el('code', {}, text)

/** Names and values. Rows without a value are left out. */
export function facts(rows) {
  const given = rows.filter(([, value]) => value !== undefined && value !== '')
  if (!given.length) return undefined
  return el(
    'dl',
    {},
    given.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]),
  )
}

/** A table of two columns: what it is about, and an amount or a status. `foot`: its last row. */
export function table(caption, columns, rows, foot) {
  const cells = (tag, row) => row.map((cell, at) => el(tag, { class: at ? 'end' : undefined }, cell))
  const head = columns.map((title, at) => el('th', { scope: 'col', class: at ? 'end' : undefined }, title))
  return el(
    'table',
    {},
    el('caption', {}, caption),
    el('thead', {}, el('tr', {}, head)),
    el(
      'tbody',
      {},
      rows.map((row) => el('tr', {}, cells('td', row))),
    ),
    foot &&
      el('tfoot', {}, el('tr', {}, el('th', { scope: 'row' }, foot[0]), el('td', { class: 'end' }, foot[1]))),
  )
}

/** A name, with what is to be said about it below. */
export const named = (name, ...about) => [
  code(name),
  ...about.filter(Boolean).map((text) => el('span', { class: 'about' }, text)),
]

const DAY_MS = 24 * 60 * 60 * 1000
const dates = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
})
const times = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' })

/** A date as `29 Nov 2026`. A text that is no date stays as it is. */
export function dateText(iso) {
  const date = new Date(iso)
  return Number.isNaN(date.getTime()) ? String(iso) : dates.format(date)
}

export function timeText(iso) {
  const date = new Date(iso)
  return Number.isNaN(date.getTime()) ? String(iso) : `${dates.format(date)}, ${times.format(date)} UTC`
}

/** Such as `Visa ···· 4242`, of the name `visa 4242`. A text that is no such name stays as it is. */
export const cardText = (name) =>
  name?.replace(
    /^(.)(.*) (\d{4})$/,
    (_, first, rest, last4) => `${first.toUpperCase()}${rest.replaceAll('_', ' ')} ···· ${last4}`,
  )

/** Whole days from now, negative when it is past. */
export const daysUntil = (iso) => Math.ceil((new Date(iso).getTime() - Date.now()) / DAY_MS)

function button(label, kind, press, otherwise) {
  const made = el('button', { type: 'button', class: `button ${kind}` }, label)
  made.addEventListener('click', () => {
    press().catch(() => made.replaceWith(el('p', { class: 'about' }, otherwise)))
  })
  return made
}

/** Asks the assistant something. Nothing is bought by it: the assistant answers, and the person says yes or no there. */
export const askButton = (label, question) =>
  button(label, 'quiet', () => tellAssistant(question), `Say to your assistant: ${question}`)

/** Opens a page of this market. In a host that opens none, the address is shown. */
export const openButton = (label, url) =>
  button(label, 'primary', () => openPage(url), `Open this address: ${url}`)

export const buttons = (...made) => el('div', { class: 'buttons' }, ...made)

/** What a person reads instead of a next step, which is written for the model. */
export const askWhatNext = () => el('p', {}, 'Ask your assistant what to do next.')

/** The message of a refused call: its first text is a sentence, and its second one is for the model. */
export const refusal = ({ content: [sentence, error] = [] }) =>
  notice('bad', sentence?.text || 'The call was refused.', error && askWhatNext())
