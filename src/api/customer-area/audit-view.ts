import type { FastifyReply } from 'fastify'
import { OUTCOMES, type RecordedEvent, type RequestOrigin } from '#domain/audit'
import type { OrgAccess, OrgMember } from '#domain/orgs'
import type { AuditQuery } from './audit-query.ts'
import { badge } from './components/badge.ts'
import { button, linkButton } from './components/button.ts'
import type { Tone } from './components/notice.ts'
import { secondText } from './components/text.ts'
import { html, type Html } from './html.ts'
import type { Page } from './layout.ts'
import { csrfField } from './session.ts'

export interface NamedEvent extends RecordedEvent, RequestOrigin {
  /** The name of a current member of the org, or of the person whose log this is. */
  name: string | undefined
  /** The name that the client gave itself. */
  application: string | undefined
}

export interface AuditView {
  path: string
  /** The orgs whose log the person may read. */
  orgs: readonly OrgAccess[]
  /** Undefined: the person's own log. */
  org: OrgAccess | undefined
  members: readonly OrgMember[]
  query: AuditQuery
  mistakes: readonly string[] | undefined
  events: readonly NamedEvent[]
  /** There are older events. */
  more: boolean
}

export function auditView(view: AuditView, reply: FastifyReply): Page {
  const { org, events, mistakes } = view
  const whose = org ? org.name : 'your account'
  const body = html`${mistakes && html`<p class="mistake" role="alert">${mistakes.join(' ')}</p>`}
  ${filterForm(view)} ${events.length ? tableOf(view) : !mistakes && nothing(view)} ${pagesOf(view)}
  ${downloads(view, reply)}`
  return {
    title: 'Audit log',
    heading: 'Audit log',
    lead: `Everything that was changed, shown or refused in ${whose}, newest first. Nothing in it can be changed or removed. Looking at something is not recorded.`,
    body,
  }
}

const addressOf = ({ path, org }: AuditView, query: AuditQuery): string => {
  const given = Object.entries({ org: org?.slug ?? '', ...query }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  )
  return `${path}?${new URLSearchParams(given).toString()}`
}

const choice = (value: string, label: string, chosen: boolean): Html =>
  html`<option value="${value}" ${chosen && html`selected`}>${label}</option>`

/** A person who has left the org is shown by id. */
function personSelect({ members, query: { person } }: AuditView): Html {
  const isMember = members.some(({ id }) => id === person)
  return html`<select id="person" name="person">
    ${choice('', 'Anybody', !person)}
    ${members.map(({ id, displayName }) => choice(id, displayName, id === person))}
    ${person !== undefined && !isMember && choice(person, person, true)}
  </select>`
}

function filterForm(view: AuditView): Html {
  const { path, orgs, org, query } = view
  return html`<form class="stack columns" method="get" action="${path}" aria-label="Filter">
    ${labelled(
      'org',
      'Log of',
      html`<select id="org" name="org">
        ${orgs.map(({ slug, name }) => choice(slug, name, slug === org?.slug))}
        ${choice('', 'My own account', !org)}
      </select>`,
    )}
    ${labelled(
      'action',
      'Action',
      html`<input
        id="action"
        name="action"
        value="${query.action}"
        maxlength="64"
        placeholder="setup_project"
      />`,
    )}
    ${labelled(
      'outcome',
      'Outcome',
      html`<select id="outcome" name="outcome">
        ${choice('', 'Any', !query.outcome)} ${OUTCOMES.map((one) => choice(one, one, one === query.outcome))}
      </select>`,
    )}
    ${org && labelled('person', 'Person', personSelect(view))}
    ${labelled(
      'connection',
      'Connection',
      html`<input
        id="connection"
        name="connection"
        value="${query.connection}"
        maxlength="64"
        placeholder="con_…"
      />`,
    )}
    ${labelled(
      'since',
      'From (UTC)',
      html`<input id="since" name="since" type="date" value="${query.since?.slice(0, 10)}" />`,
    )}
    ${labelled(
      'until',
      'Before (UTC)',
      html`<input id="until" name="until" type="date" value="${query.until?.slice(0, 10)}" />`,
    )}
    ${button('Filter', { kind: 'quiet' })}
  </form>`
}

const labelled = (id: string, label: string, control: Html): Html =>
  html`<div class="field"><label for="${id}">${label}</label>${control}</div>`

const tableOf = (view: AuditView): Html =>
  html`<div class="deal table-card">
    <table>
      <caption>
        Events of ${view.org?.name ?? 'your account'}
      </caption>
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Who</th>
          <th scope="col">When</th>
        </tr>
      </thead>
      <tbody>
        ${view.events.map((event) => rowOf(view, event))}
      </tbody>
    </table>
  </div>`

const OUTCOME_TONES: Record<RecordedEvent['outcome'], Tone> = {
  done: 'good',
  refused: 'warn',
  failed: 'bad',
}

function rowOf(view: AuditView, event: NamedEvent): Html {
  const { at, action, outcome, code, object, request } = event
  return html`<tr>
    <td>
      <code>${action}</code> ${badge(outcome, OUTCOME_TONES[outcome])} ${code && html`<code>${code}</code>`}
      ${object && html`<br /><span class="small mono">${object}</span>`}
      ${request && html`<br /><span class="small mono">${request}</span>`} ${originOf(event)}
    </td>
    <td>${whoOf(view, event)}</td>
    <td>${secondText(at)}</td>
  </tr>`
}

/** Where the request came from. Missing for events of a running operation, and after 90 days. */
const originOf = ({ address, agent }: NamedEvent): Html | false =>
  (address ?? agent) !== undefined &&
  html`<details>
    <summary>From ${address ?? 'an unknown address'}</summary>
    <span class="soft">${agent ?? 'The program did not name itself.'}</span>
  </details>`

/** Each name leads to the events of that person or connection. */
function whoOf(view: AuditView, { customer, name, connection, application }: NamedEvent): Html {
  const { after: _, ...query } = view.query
  const person = customer && addressOf(view, { ...query, person: customer })
  const by = connection && addressOf(view, { ...query, connection })
  return html`${person ? html`<a href="${person}">${name ?? 'No member any more'}</a>` : 'packagento'}<br />
    <span class="soft"
      >${by ? html`with <a href="${by}">${application ?? connection}</a>` : customer && 'in the browser'}</span
    >`
}

const nothing = (view: AuditView): Html =>
  Object.values(view.query).every((value) => value === undefined)
    ? html`<p>Nothing has been recorded yet.</p>`
    : html`<p>No event matches the filter. <a href="${addressOf(view, {})}">Show all events</a>.</p>`

function pagesOf(view: AuditView): Html {
  const { query, events, more } = view
  const { after, ...filter } = query
  const last = events.at(-1)
  const older = more && last && { ...filter, after: `${last.at.toISOString()} ${last.seq}` }
  if (!older && after === undefined) return html``
  return html`<nav class="buttons" aria-label="Pages of the log">
    ${after !== undefined && linkButton(addressOf(view, filter), 'Newest events', { kind: 'quiet' })}
    ${older && linkButton(addressOf(view, older), 'Older events', { kind: 'quiet' })}
  </nav>`
}

function downloads({ path, org, query }: AuditView, reply: FastifyReply): Html {
  const { after: _, ...filter } = query
  const hidden = Object.entries(filter).flatMap(([name, value]) =>
    value === undefined ? [] : [html`<input type="hidden" name="${name}" value="${value}" />`],
  )
  return html`<section>
    <h2>Download</h2>
    <p>
      CSV has the events of the filter, for a spreadsheet. NDJSON has the whole log with its hashes: whoever
      runs packagento can check it with <code>npm run audit:verify -- FILE</code>. Each download is recorded.
    </p>
    <form class="buttons" method="post" action="${path}/export">
      ${csrfField(reply)}<input type="hidden" name="org" value="${org?.slug ?? ''}" />${hidden}
      <button class="quiet" name="format" value="csv">Download CSV</button>
      <button class="quiet" name="format" value="ndjson">Download NDJSON</button>
    </form>
  </section>`
}
