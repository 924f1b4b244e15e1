import { escape, type PageAnswer } from '../stripe/html.ts'
import type { Message } from './store.ts'

/** A link in an escaped text, where `&` is `&#38;`. */
const LINK = /https?:\/\/(?:[^\s<>"&]|&#38;)+/g

export const listPage = (messages: readonly Message[]): PageAnswer => ({
  title: 'Sandbox mailbox',
  main: `<h1>Sandbox mailbox</h1>
<p class="soft">All mail that the market has sent, newest first. Nothing leaves this machine. <a href="/api/messages">As JSON</a></p>
${
  messages.length
    ? `<ul class="cards">${messages.map(rowOf).join('')}</ul>`
    : '<p>No mail yet. Sign up with any address, then load this page again.</p>'
}`,
})

const rowOf = ({ id, subject, to, received_at }: Message) =>
  `<li><a href="/messages/${id}">${escape(subject)}</a><span>to ${escape(to.join(', '))}, ${escape(received_at)}</span></li>`

export const messagePage = ({ id, subject, from, to, text, received_at }: Message): PageAnswer => ({
  title: subject,
  main: `<p><a href="/">All mail</a></p><div class="panel"><h1>${escape(subject)}</h1>
<dl><dt>From</dt><dd>${escape(from)}</dd><dt>To</dt><dd>${escape(to.join(', '))}</dd><dt>Arrived</dt><dd>${escape(received_at)}</dd></dl>
<div style="white-space:pre-wrap;overflow-wrap:anywhere">${linked(text)}</div>
<p><a href="/messages/${id}/html">As HTML</a></p></div>`,
})

/** Escapes a text and makes its links clickable. */
const linked = (text: string) => escape(text).replaceAll(LINK, (url) => `<a href="${url}">${url}</a>`)
