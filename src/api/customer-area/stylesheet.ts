import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'

const CSS = `
:root { color-scheme: light dark; --ink: #1b2130; --soft: #5a6375; --line: #dde1e9; --paper: #fff; --tint: #f4f6fa; --accent: #1f5fbf; --fault: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e7eaf1; --soft: #a2abbd; --line: #343b4a; --paper: #14171f; --tint: #1d222d; --accent: #86b4ff; --fault: #ff9b93; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.6 system-ui, sans-serif; }
a { color: var(--accent); }
a:focus-visible, button:focus-visible, input:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
header, main, footer { max-width: 64rem; margin: 0 auto; padding: 1rem 1.25rem; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; border-bottom: 1px solid var(--line); }
header a { font-weight: 700; text-decoration: none; color: inherit; }
header nav { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; margin-left: auto; }
header nav a { padding: .4rem 0; color: var(--accent); }
header form { margin: 0; }
@media (max-width: 36rem) { .tagline, header nav .soft { display: none; } }
h1 { font-size: clamp(1.5rem, 5vw, 2.25rem); line-height: 1.2; margin: 1.5rem 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
.soft, footer { color: var(--soft); }
form { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1.5rem 0; }
label { flex-basis: 100%; font-weight: 600; }
form.stack { flex-direction: column; max-width: 26rem; }
form.stack label { flex-basis: auto; margin-top: .75rem; }
form.stack input { flex: none; }
form.stack button { margin-top: 1.25rem; }
.mistake { max-width: 26rem; padding: .75rem 1rem; border: 1px solid var(--fault); border-left-width: .4rem; border-radius: .5rem; }
input { flex: 1 1 12rem; min-width: 0; padding: .6rem .8rem; border: 1px solid var(--soft); border-radius: .5rem; font: inherit; background: var(--paper); color: inherit; }
button { padding: .6rem 1.2rem; border: 0; border-radius: .5rem; font: inherit; font-weight: 600; background: var(--accent); color: var(--paper); cursor: pointer; }
input[aria-invalid] { border-color: var(--fault); }
button.quiet { padding: .3rem .8rem; border: 1px solid var(--soft); background: none; color: inherit; }
a.button { display: inline-block; padding: .6rem 1.2rem; border-radius: .5rem; font-weight: 600; text-decoration: none; background: var(--accent); color: var(--paper); }
caption { text-align: left; font-weight: 600; padding: .5rem 0; }
.cards { list-style: none; padding: 0; display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 18rem), 1fr)); }
.cards li { border: 1px solid var(--line); border-radius: .75rem; padding: 1rem 1.25rem; background: var(--tint); }
.cards h2, .cards h3 { margin: 0; font-size: 1.1rem; }
.cards form { display: inline-flex; margin: .5rem .5rem 0 0; }
.cards p { margin: .4rem 0; }
.price { font-weight: 600; }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.deal { max-width: 44rem; }
.deal td:first-child { overflow-wrap: anywhere; }
time { white-space: nowrap; }
.deal tfoot td, .deal tfoot th { border-bottom: 0; }
.deal .amount { padding-right: 0; text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
tbody + tfoot td { font-weight: 600; }
pre, code { font: .9em/1.5 ui-monospace, monospace; }
pre { background: var(--tint); border: 1px solid var(--line); border-radius: .5rem; padding: .9rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.badge { padding: .1rem .5rem; border: 1px solid var(--line); border-radius: 1rem; font-size: .85em; white-space: nowrap; }
.badge.warn { border-color: var(--fault); color: var(--fault); }
.facts { display: grid; grid-template-columns: minmax(8rem, auto) 1fr; gap: .4rem 1rem; max-width: 44rem; }
.facts dt { font-weight: 600; }
.facts dd { margin: 0; overflow-wrap: anywhere; }
form.consent { max-width: 44rem; }
form.consent fieldset { border: 0; margin: 1rem 0 0; padding: 0; display: grid; gap: .5rem; }
form.consent legend { font-weight: 600; padding: 0; }
form.consent select { padding: .6rem .8rem; border: 1px solid var(--soft); border-radius: .5rem; font: inherit; background: var(--paper); color: inherit; }
form.consent label.choice { display: flex; gap: .75rem; align-items: start; margin: 0; font-weight: 400; }
form.consent label.choice input { flex: none; margin-top: .4rem; }
form.consent fieldset:not(.scopes) label.choice { border: 1px solid var(--line); border-radius: .75rem; padding: .75rem 1rem; background: var(--tint); }
form.consent label.choice:has(:checked) { border-color: var(--accent); }
.consent:has([value=read]:checked[type=radio]) .scopes :not(.in-read).choice, .consent:has([value=install]:checked) .scopes :not(.in-install).choice, .consent:has([value=buy]:checked[type=radio]) .scopes :not(.in-buy).choice { display: none; }
.answers { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }
.answers button { margin: 0; padding: .7rem 1rem; }
.vendor-text { white-space: pre-wrap; overflow-wrap: anywhere; border-left: 3px solid var(--line); padding-left: 1rem; }
`

/** The path changes with the content, so browsers may cache it forever. */
export const stylesheet = {
  path: `/assets/style-${createHash('sha256').update(CSS).digest('hex').slice(0, 12)}.css`,
  css: CSS,
}

/** Registered outside the scope of the pages, because it is the same for everybody. */
export async function stylesheetRoute(app: FastifyInstance): Promise<void> {
  app.get(stylesheet.path, async (_, reply) =>
    reply
      .type('text/css; charset=utf-8')
      .header('cache-control', 'public, max-age=31536000, immutable')
      .send(stylesheet.css),
  )
}
