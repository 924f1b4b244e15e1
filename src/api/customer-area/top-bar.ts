import type { FastifyReply } from 'fastify'
import manifest from '../../../package.json' with { type: 'json' }
import type { Session } from '#domain/identity'
import { html, type Html } from './html.ts'
import { FOOTER } from './navigation.ts'
import { csrfField, isSafeMethod, visitorOf } from './session.ts'
import { icon } from './style/icons.ts'
import { mark } from './style/mark.ts'
import { orgsOfVisitor, type VisitorOrgs } from './visitor-orgs.ts'

/** The header of every page: search, documentation, the org and the person. */
export function topBar(
  reply: FastifyReply,
  { hasSearch, hasAccount }: { hasSearch: boolean; hasAccount: boolean },
): Html {
  const session = visitorOf(reply.request)
  return html`<header class="top">
    <a class="brand" href="/">${mark}<span>packagento</span></a>
    ${hasSearch && search}
    <nav aria-label="Account">
      <a class="docs" href="/docs">Docs</a>
      ${
        session
          ? html`${cartLink(reply, orgsOfVisitor(reply.request))}${orgMenu(reply, orgsOfVisitor(reply.request))}${personMenu(reply, session)}`
          : hasAccount && html`<a href="/sign-in">Sign in</a>`
      }
    </nav>
  </header>`
}

/** The cart of the active org, with the number of its packages. */
const cartLink = ({ request }: FastifyReply, { cartItems }: VisitorOrgs): Html | false =>
  cartItems !== undefined &&
  html`<a href="/account/cart" ${/^\/account\/cart(?:\?|$)/.test(request.url) && html`aria-current="page"`}
    >Cart${cartItems > 0 && html` <span class="badge plain">${cartItems}</span>`}</a
  >`

const search: Html = html`<form class="find" role="search" aria-label="Packages" action="/" method="get">
  ${icon('search', 16)}
  <input
    name="q"
    type="search"
    aria-label="Search packages"
    placeholder="Search packages"
    maxlength="100"
    autocomplete="off"
  />
</form>`

const role = (text: string): Html => html`<span class="badge plain role">${text}</span>`

/** Shows the active org, and lets the visitor choose another one, or create one. */
function orgMenu(reply: FastifyReply, { orgs, active }: VisitorOrgs): Html | undefined {
  if (!orgs.length) return undefined
  const { request } = reply
  return html`<details class="menu org" name="top">
    <summary>
      <span class="visually-hidden">Org</span
      ><span class="org-name">${active?.name ?? 'Choose an org'}</span
      >${active && role(active.role)}${icon('chevron', 16)}
    </summary>
    <div class="menu-sheet">
      <p class="small">${active ? 'You work in this org' : 'Choose the org to work in'}</p>
      <form method="post" action="/account/active-org">
        ${csrfField(reply)}
        <input type="hidden" name="continue" value="${isSafeMethod(request) ? request.url : '/account'}" />
        ${orgs.map(
          (org) =>
            html`<button name="org" value="${org.slug}" ${org === active && html`aria-current="true"`}>
              <span class="two-lines">${org.name}<span class="small">${org.slug} · ${org.role}</span></span>
              ${org === active && icon('check', 16)}
            </button>`,
        )}
      </form>
      <a href="/account/orgs/new">Create an org</a>
    </div>
  </details>`
}

function personMenu(reply: FastifyReply, { displayName, email, isOperator }: Session): Html {
  const [initial = '?'] = displayName.trim()
  return html`<details class="menu person" name="top">
    <summary>
      <span class="avatar" aria-hidden="true">${initial.toUpperCase()}</span>
      <span class="person-name">${displayName}</span>${icon('chevron', 16)}
    </summary>
    <div class="menu-sheet">
      <p class="small">Signed in as ${email}</p>
      <a href="/account">Overview</a>
      ${isOperator && html`<a href="/operator">What needs an operator</a>`}
      <a href="/docs">Documentation</a>
      <form method="post" action="/sign-out">${csrfField(reply)}<button>Sign out</button></form>
    </div>
  </details>`
}

export const footer: Html = html`<footer class="foot">
  <nav aria-label="About">${FOOTER.map(({ href, text }) => html`<a href="${href}">${text}</a>`)}</nav>
  <span>packagento ${manifest.version} · Composer packages for Magento</span>
</footer>`
