import type { ServerResponse } from 'node:http'

export const MERCHANT = 'Packagento'

/** The answer of a page: its markup, or a URL to redirect to. */
export type PageAnswer = { status?: number; title: string; main: string } | { to: string }

export function sendPage(response: ServerResponse, answer: PageAnswer): void {
  if ('to' in answer) {
    response.writeHead(303, { location: answer.to, ...HEADERS }).end()
    return
  }
  const { status = 200, title, main } = answer
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...HEADERS }).end(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title><link rel="icon" href="data:,"><style>${STYLE}</style></head>
<body><header><p><strong>${MERCHANT}</strong> <span>Sandbox: no real money, no real cards</span></p></header>
<main>${main}</main></body></html>`)
}

/** A page with one sentence and a link back. */
export const notice = (
  title: string,
  sentence: string,
  { status = 200, back }: { status?: number; back?: string | null | undefined } = {},
): PageAnswer => ({
  status,
  title: `${title} – ${MERCHANT}`,
  main: `<div class="panel narrow"><h1>${escape(title)}</h1><p>${escape(sentence)}</p>
${back ? `<a class="button" href="${escape(back)}">Go back to ${MERCHANT}</a>` : ''}</div>`,
})

export const escape = (text: string) =>
  text.replaceAll(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`)

// the empty icon keeps browsers from asking for /favicon.ico; no form-action, because it would also apply to the redirect back to the shop
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

const STYLE = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif;
--text:light-dark(#1c2230,#eceff5);--soft:light-dark(#545d70,#aab3c5);--page:light-dark(#f4f6fa,#12151c);
--card:light-dark(#fff,#1b202b);--line:light-dark(#767f91,#7a8498);--hair:light-dark(#dde2ea,#323a49);
--do:light-dark(#3d35c6,#aaa5ff);--on:light-dark(#fff,#14122e);--bad:light-dark(#a8141f,#ff9a9f);--badly:light-dark(#fdeeee,#3a1c20)}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--text)}
header{border-bottom:1px solid var(--hair);background:var(--card)}header p{max-width:60rem;margin:0 auto;padding:.75rem 1rem;display:flex;flex-wrap:wrap;gap:0 1rem}
header span{color:var(--soft)}main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .5rem}h2{font-size:1.1rem;margin:0 0 .5rem}p{margin:0 0 1rem}.soft{color:var(--soft)}
.columns{display:grid;gap:1.5rem;align-items:start}@media(min-width:50rem){main{padding-top:3rem}.columns{grid-template-columns:1fr 1fr;gap:2.5rem}}
.panel{background:var(--card);border:1px solid var(--hair);border-radius:.75rem;padding:1.25rem}.narrow{max-width:28rem;margin:0 auto}
label{display:block;font-weight:600;margin-bottom:.25rem}.pair{display:grid;grid-template-columns:1fr 1fr;gap:1rem}.field{margin-bottom:1rem}
input{width:100%;font:inherit;padding:.6rem .75rem;color:inherit;background:transparent;border:1px solid var(--line);border-radius:.5rem}
::placeholder{color:var(--soft);opacity:1}input[aria-invalid]{border:2px solid var(--bad)}.error{color:var(--bad);margin:.25rem 0 0}
.alert{color:var(--bad);background:var(--badly);border:1px solid;border-radius:.5rem;padding:.75rem 1rem}
button,.button{display:block;width:100%;font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer;padding:.7rem 1rem;border-radius:.5rem;border:1px solid var(--do);background:var(--do);color:var(--on)}
.second{background:transparent;color:var(--do);margin-top:.75rem}a{color:var(--do)}:focus-visible{outline:3px solid var(--do);outline-offset:2px}
.cards{list-style:none;margin:0;padding:0}.cards li{border-top:1px solid var(--hair);padding:.6rem 0}.cards a{display:inline-block;font-variant-numeric:tabular-nums;white-space:nowrap}.cards span{display:block;color:var(--soft)}
dl{display:grid;grid-template-columns:auto 1fr;gap:.5rem 1.5rem;margin:0 0 1.25rem}dt{color:var(--soft)}dd{margin:0;text-align:right;font-weight:600;overflow-wrap:anywhere}`
