import type { FastifyReply } from 'fastify'
import { html, type Html } from './html.ts'
import { csrfField, visitorOf } from './session.ts'
import { stylesheet } from './stylesheet.ts'

const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

export interface Page {
  title: string
  body: Html
  /** The browser loads the page again after this time. */
  refreshSeconds?: number
}

const documentOf = ({ title, body, refreshSeconds }: Page, reply: FastifyReply): Html =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · packagento</title>
        ${refreshSeconds !== undefined && html`<meta http-equiv="refresh" content="${refreshSeconds}" />`}
        <link rel="stylesheet" href="${stylesheet.path}" />
      </head>
      <body>
        <header>
          <a href="/">packagento</a>
          <span class="soft tagline">Composer packages for Magento</span>
          ${accountNav(reply)}
        </header>
        <main>${body}</main>
        <footer>Made for people and their assistants.</footer>
      </body>
    </html>`

/** Sends a page with a content security policy that forbids scripts and resources of other sites. */
export function sendPage(reply: FastifyReply, page: Page, status = 200): FastifyReply {
  return reply
    .code(status)
    .type('text/html; charset=utf-8')
    .header('content-security-policy', POLICY)
    .header('referrer-policy', 'same-origin')
    .header('x-content-type-options', 'nosniff')
    .header('cache-control', 'no-store')
    .send(documentOf(page, reply).markup)
}

function accountNav(reply: FastifyReply): Html {
  const session = visitorOf(reply.request)
  if (!session) return html`<nav aria-label="Account"><a href="/sign-in">Sign in</a></nav>`
  return html`<nav aria-label="Account">
    <a href="/account/payment-methods">Cards</a>
    <span><span class="soft">Signed in as</span> <a href="/account">${session.displayName}</a></span>
    <form method="post" action="/sign-out">${csrfField(reply)}<button class="quiet">Sign out</button></form>
  </nav>`
}

export const notFoundPage: Page = {
  title: 'Not found',
  body: html`<h1>There is nothing here</h1>
    <p>The page does not exist, or is not for everybody. <a href="/">See all packages</a>.</p>`,
}
