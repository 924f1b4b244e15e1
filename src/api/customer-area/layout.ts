import type { FastifyReply } from 'fastify'
import { html, type Html } from './html.ts'
import { stylesheet } from './stylesheet.ts'

const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

export interface Page {
  title: string
  body: Html
}

const whole = ({ title, body }: Page): Html =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · packagento</title>
        <link rel="stylesheet" href="${stylesheet.path}" />
      </head>
      <body>
        <header><a href="/">packagento</a><span class="soft">Composer packages for Magento</span></header>
        <main>${body}</main>
        <footer>Made for people and their assistants.</footer>
      </body>
    </html>`

/** Sends a page under the policy that lets no script and no foreign resource in. */
export function sendPage(reply: FastifyReply, page: Page, status = 200): FastifyReply {
  return reply
    .code(status)
    .type('text/html; charset=utf-8')
    .header('content-security-policy', POLICY)
    .header('referrer-policy', 'same-origin')
    .header('x-content-type-options', 'nosniff')
    .header('cache-control', 'no-store')
    .send(whole(page).markup)
}
