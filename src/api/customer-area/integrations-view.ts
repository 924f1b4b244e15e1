import type { FastifyReply } from 'fastify'
import type { OwnConnection } from '#domain/connections'
import { type OrgAccess, SCOPES } from '#domain/orgs'
import type { SpendingOverview } from '#domain/spending'
import { moneyText } from '#kernel/money'
import { badge } from './components/badge.ts'
import { button, linkButton } from './components/button.ts'
import { card, facts } from './components/card.ts'
import { emptyState } from './components/empty-state.ts'
import { notice } from './components/notice.ts'
import { momentText } from './components/text.ts'
import { html, type Html } from './html.ts'
import type { Page } from './layout.ts'
import { SCOPE_WORDS } from './scope-words.ts'
import { csrfField } from './session.ts'

export const INTEGRATIONS = '/account/integrations'
export const pathOf = (id: string, action?: string): string =>
  [INTEGRATIONS, id, action].filter(Boolean).join('/')

export const TITLE = 'Assistants'

export interface Row {
  connection: OwnConnection
  /** Undefined when it may not buy. */
  spending: SpendingOverview | undefined
}

export interface OrgStop {
  org: OrgAccess
  /** Undefined: assistants may buy. */
  since: Date | undefined
}

const SAVED: Record<string, string> = {
  all_revoked: 'All assistants are disconnected. Their next request is refused.',
  limits: 'The limits are saved. They hold from the next purchase on.',
  org: 'The org is changed. It holds from the next request on.',
  rename: 'The name is saved.',
  revoked: 'The assistant is disconnected. Its next request is refused.',
  scopes: 'What it may do is saved. It holds from the next request on.',
  stop: 'That is saved.',
}

export const savedNotice = (saved: string | undefined): Html | false => {
  const text = saved !== undefined && Object.hasOwn(SAVED, saved) ? SAVED[saved] : undefined
  return text !== undefined && notice({ tone: 'good', text })
}

export function listPage(
  reply: FastifyReply,
  { rows, stops, saved }: { rows: readonly Row[]; stops: readonly OrgStop[]; saved: string | undefined },
): Page {
  const body = rows.length
    ? html`${savedNotice(saved)} ${rows.map(rowOf)}
        <p>${linkButton(`${INTEGRATIONS}/revoke-all`, 'Disconnect all', { kind: 'quiet' })}</p>`
    : html`${savedNotice(saved)}
      ${emptyState({
        symbol: 'plug',
        title: 'No assistant is connected',
        text: 'Add packagento to an assistant, then it asks here for your permission.',
        action: linkButton('/docs', 'How to connect one'),
      })}`
  return {
    title: TITLE,
    heading: TITLE,
    lead: 'The applications that may act for you. What one may do also depends on your role, at each request.',
    body: html`${body} ${stops.length > 0 && stopSection(reply, stops)}`,
  }
}

export const nameOf = ({ label, clientName }: OwnConnection): string => label ?? clientName

function rowOf({ connection, spending }: Row): Html {
  const name = nameOf(connection)
  const body = html`${factsOf(connection)} ${mayOf(connection)}
    ${
      spending &&
      html`<h3>Spending</h3>
        ${usedOf(spending)}`
    }
    <div class="buttons">
      ${linkButton(pathOf(connection.id), 'Change', { kind: 'quiet', fullText: `Change ${name}` })}
      ${linkButton(pathOf(connection.id, 'revoke'), 'Disconnect', { kind: 'danger', fullText: `Disconnect ${name}` })}
    </div>`
  return card(name, body)
}

export function factsOf(connection: OwnConnection): Html {
  const { clientName, clientHost, redirectHost, label, org, connectedAt, lastUsedAt } = connection
  return facts([
    ['Application', html`${label !== undefined && clientName} ${vouchedBy(clientHost)}`],
    ...(redirectHost ? [['Sends you back to', redirectHost] as const] : []),
    ['Works for', org ? `${org.name} (you: ${org.role})` : badge('an org that you left', 'warn')],
    ['Connected', momentText(connectedAt)],
    ['Last used', lastUsedAt ? momentText(lastUsedAt) : 'Never'],
  ])
}

const mayOf = ({ scopes }: OwnConnection): Html =>
  html`<h3>It may</h3>
    <p class="badges">
      ${SCOPES.filter((scope) => scopes.includes(scope)).map((scope) => badge(SCOPE_WORDS[scope].label))}
    </p>`

const vouchedBy = (host: string | undefined): Html =>
  host === undefined ? badge('unverified name', 'warn') : html`${badge('verified', 'good')} ${host}`

/** How much of each limit is used, as a bar and in words. */
export const usedOf = ({ currencies, rules, isDefault }: SpendingOverview): Html =>
  html`${currencies.map(
    ({ limit, usedToday, usedThisMonth }) =>
      html`<p class="usage">${barOf('Today (UTC)', usedToday, limit.perDay, limit.currency)}</p>
        <p class="usage">${barOf('This month (UTC)', usedThisMonth, limit.perMonth, limit.currency)}</p>
        <p class="soft">
          At most ${amount(limit.perPurchase, limit.currency)} per purchase${isDefault && ' (the default)'}.
        </p>`,
  )}
  ${
    rules.vendors !== 'all' && html`<p class="soft">Only from these vendors: ${rules.vendors.join(', ')}.</p>`
  }
  ${!rules.subscriptions && html`<p class="soft">No yearly licences.</p>`}`

function barOf(period: string, used: number, most: number, currency: string): Html {
  const text = `${period}: ${amount(used, currency)} of ${amount(most, currency)}`
  return html`${text}
    <meter min="0" max="${Math.max(most, 1)}" value="${Math.min(used, most)}" aria-label="${text}"></meter>`
}

const amount = (amountMinor: number, currency: string): string => moneyText({ amountMinor, currency })

const stopSection = (reply: FastifyReply, stops: readonly OrgStop[]): Html =>
  card(
    'Stop all purchases by assistants',
    html`<p>For every assistant of every member of the org. What is already paid stays.</p>
      ${stops.map(({ org, since }) => stopForm(reply, org, since))}`,
  )

const stopForm = (reply: FastifyReply, org: OrgAccess, since: Date | undefined): Html =>
  html`<form method="post" action="${INTEGRATIONS}/stop">
    ${csrfField(reply)}<input type="hidden" name="org" value="${org.slug}" />
    <p>
      <strong>${org.name}</strong>
      ${since ? html`${badge('stopped', 'bad')} since ${momentText(since)}` : badge('assistants may buy', 'good')}
    </p>
    ${
      since
        ? button('Allow again', {
            name: 'stop',
            value: 'off',
            kind: 'quiet',
            fullText: `Allow again: ${org.name}`,
          })
        : button('Stop', { name: 'stop', value: 'on', kind: 'danger', fullText: `Stop: ${org.name}` })
    }
  </form>`
