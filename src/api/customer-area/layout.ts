import type { FastifyReply } from 'fastify'
import { hasCodeBlock } from './components/code-block.ts'
import { html, type Html } from './html.ts'
import { CUSTOMER_AREA, destinationOf, isInCustomerArea } from './navigation.ts'
import { setPageHeaders } from './page-headers.ts'
import { visitorOf } from './session.ts'
import { STYLESHEET } from './style/assets.ts'
import { TEXT_FONT } from './style/fonts.ts'
import { icon } from './style/icons.ts'
import { COPY_SCRIPT } from './style/script.ts'
import { footer, topBar } from './top-bar.ts'

/** A page above this one. */
interface Crumb {
  href: string
  text: string
}

export interface Page {
  title: string
  body: Html
  /** The browser loads the page again after this time. */
  refreshSeconds?: number
  /** The browser opens this URL at once. */
  refreshTo?: string
  /** The h1 heading. Without it, the body has one. */
  heading?: string
  /** A sentence below the heading. */
  lead?: Html | string
  /** The one primary action, to the right of the heading. */
  action?: Html
  /**
   * The pages above this one. In the customer area, the overview is added above them. An empty list removes the
   * breadcrumb.
   */
  breadcrumb?: readonly Crumb[]
  /** The last part of the breadcrumb. Default: the title. */
  crumb?: string
  /** One narrow column in the middle, for a form such as the sign-in. */
  isNarrow?: boolean
  /** Leaves out the search field at the top, because the page has its own. */
  hasOwnSearch?: boolean
  /** Leaves out the signed-in person, for a page that does not read the session. */
  isWithoutAccount?: boolean
}

/**
 * Sends a page. Its headers forbid resources of other sites. They allow only our own script, and only on a page with a
 * code block.
 */
export function sendPage(reply: FastifyReply, page: Page, status = 200): FastifyReply {
  return setPageHeaders(reply.code(status), { hasScript: hasCodeBlock(page.body) })
    .type('text/html; charset=utf-8')
    .send(documentOf(page, reply).markup)
}

function documentOf(page: Page, reply: FastifyReply): Html {
  const [path = '/'] = reply.request.url.split('?')
  const inArea = isInCustomerArea(path) && visitorOf(reply.request) !== undefined
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${page.title} · packagento</title>
        ${page.refreshSeconds !== undefined && html`<meta http-equiv="refresh" content="${page.refreshSeconds}" />`}
        ${page.refreshTo !== undefined && html`<meta http-equiv="refresh" content="0; url=${page.refreshTo}" />`}
        <link rel="preload" as="font" type="font/woff2" href="${TEXT_FONT.path}" crossorigin />
        <link rel="stylesheet" href="${STYLESHEET.path}" />
        ${hasCodeBlock(page.body) && html`<script type="module" src="${COPY_SCRIPT.path}"></script>`}
        <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
      </head>
      <body class="${inArea ? 'area' : page.isNarrow && 'narrow'}">
        <a class="skip button" href="#main">Skip to the content</a>
        ${topBar(reply, { hasSearch: !page.hasOwnSearch, hasAccount: !page.isWithoutAccount })}
        ${inArea && areaLinks(path)}
        <main id="main" tabindex="-1">
          ${breadcrumb(page, inArea ? path : undefined)}${pageHead(page)}${page.body}
        </main>
        ${footer}
      </body>
    </html>`
}

const areaLinks = (path: string): Html => {
  const current = destinationOf(path)
  return html`<nav class="side" aria-label="Customer area">
    ${CUSTOMER_AREA.map(
      (each) =>
        html`<a href="${each.href}" ${each === current && html`aria-current="page"`}>
          ${icon(each.icon)}${each.text}
        </a>`,
    )}
  </nav>`
}

/** `areaPath`: the path of a page in the customer area. */
function breadcrumb(
  { breadcrumb: given, title, crumb = title }: Page,
  areaPath: string | undefined,
): Html | false {
  const [overview] = CUSTOMER_AREA
  const isBelow = areaPath !== undefined && overview !== undefined && areaPath !== overview.href
  const above = given ?? []
  const isMissing = isBelow && (!given || (given[0] !== undefined && given[0].href !== overview.href))
  const crumbs = isMissing ? [overview, ...above] : above
  if (!crumbs.length) return false
  return html`<nav class="crumbs" aria-label="Breadcrumb">
    <ol>
      ${crumbs.map(({ href, text }) => html`<li><a href="${href}">${text}</a></li>`)}
      <li aria-current="page">${crumb}</li>
    </ol>
  </nav>`
}

function pageHead({ heading, lead, action }: Page): Html | false {
  if (heading === undefined) return false
  return html`<div class="page-head">
    <div>
      <h1>${heading}</h1>
      ${lead !== undefined && html`<p>${lead}</p>`}
    </div>
    ${action}
  </div>`
}

export const notFoundPage: Page = {
  title: 'Not found',
  heading: 'There is nothing here',
  breadcrumb: [],
  body: html`<p>The page does not exist, or is not for everybody.</p>
    <p><a class="button" href="/">See all packages</a></p>`,
}
