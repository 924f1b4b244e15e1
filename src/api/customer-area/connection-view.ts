import type { FastifyReply } from 'fastify'
import type { OwnConnection } from '#domain/connections'
import { SCOPES } from '#domain/orgs'
import type { SpendingOverview } from '#domain/spending'
import { button, linkButton } from './components/button.ts'
import { card } from './components/card.ts'
import { checkboxRow } from './components/choice.ts'
import { confirmation } from './components/confirm.ts'
import { field, select } from './components/field.ts'
import { html, type Html } from './html.ts'
import {
  factsOf,
  INTEGRATIONS,
  nameOf,
  pathOf,
  type Row,
  savedNotice,
  TITLE,
  usedOf,
} from './integrations-view.ts'
import type { Page } from './layout.ts'
import { SCOPE_WORDS, scopeText } from './scope-words.ts'
import { orgOptions, type OrgOrGuest } from './org-options.ts'
import { csrfField } from './session.ts'
import { type SpendingErrors, spendingFields, type SpendingValues, spendingValues } from './spending-form.ts'

const ABOVE = [{ href: INTEGRATIONS, text: TITLE }]
const BACK = { href: INTEGRATIONS, text: 'Back' }

export interface ConnectionView extends Row {
  orgs: readonly OrgOrGuest[]
  /** ISO 4217, for the limits. */
  currencies: readonly string[]
  /** The limits that a person sent and has to correct. */
  wrong: { values: SpendingValues; errors: SpendingErrors } | undefined
  saved: string | undefined
}

export function connectionPage(reply: FastifyReply, view: ConnectionView): Page {
  const { connection, spending, saved } = view
  const body = html`${savedNotice(saved)} ${factsOf(connection)} ${renameForm(reply, connection)}
  ${orgForm(reply, view)} ${scopesForm(reply, connection)} ${spending && limitsForm(reply, view, spending)}
  ${card(
    'Disconnect',
    html`<p>Its next request is refused. To use it again, you connect it again.</p>
      ${linkButton(pathOf(connection.id, 'revoke'), 'Disconnect', { kind: 'danger' })}`,
  )}`
  const name = nameOf(connection)
  return { title: name, heading: name, breadcrumb: ABOVE, body }
}

const formOf = (reply: FastifyReply, { id }: OwnConnection, action: string, inside: Html): Html =>
  html`<form class="stack" method="post" action="${pathOf(id, action)}">
    ${csrfField(reply)} ${inside} ${button('Save', { kind: 'quiet', fullText: `Save: ${WHAT[action]}` })}
  </form>`

const WHAT: Record<string, string> = {
  rename: 'name',
  org: 'org',
  scopes: 'what it may do',
  limits: 'limits',
}

const renameForm = (reply: FastifyReply, connection: OwnConnection): Html =>
  card(
    'Name',
    formOf(
      reply,
      connection,
      'rename',
      field({
        name: 'label',
        label: 'Your name for it',
        hint: 'Only you see it. Leave it empty to use the name of the application.',
        value: connection.label ?? '',
        maxLength: 60,
        autocomplete: 'off',
      }),
    ),
  )

const orgForm = (reply: FastifyReply, { connection, orgs }: ConnectionView): Html =>
  card(
    'Org',
    formOf(
      reply,
      connection,
      'org',
      select({
        name: 'org',
        label: 'It works for',
        hint: 'It can also act in your other orgs when it names one, within your role there.',
        options: orgOptions(orgs),
        ...(connection.org && { chosen: connection.org.slug }),
      }),
    ),
  )

const scopesForm = (reply: FastifyReply, connection: OwnConnection): Html =>
  card(
    'What it may do',
    formOf(
      reply,
      connection,
      'scopes',
      html`<fieldset>
        <legend>It may</legend>
        ${scopeText('read', '(always)')}
        ${SCOPES.filter((scope) => scope !== 'read').map((scope) =>
          checkboxRow({
            name: 'scope',
            value: scope,
            text: SCOPE_WORDS[scope].label,
            hint: SCOPE_WORDS[scope].hint,
            isChecked: connection.scopes.includes(scope),
          }),
        )}
      </fieldset>`,
    ),
  )

const limitsForm = (
  reply: FastifyReply,
  { connection, currencies, wrong }: ConnectionView,
  spending: SpendingOverview,
): Html =>
  card(
    'Spending limits',
    html`${usedOf(spending)}
    ${formOf(
      reply,
      connection,
      'limits',
      spendingFields({ values: spendingValues(spending.rules), ...wrong, currencies }),
    )}`,
  )

export function revokePage(reply: FastifyReply, connection: OwnConnection): Page {
  const name = nameOf(connection)
  const title = `Disconnect ${name}?`
  const body = confirmation({
    action: pathOf(connection.id, 'revoke'),
    hidden: csrfField(reply),
    consequence: `The next request of ${name} is refused, and its unused links to keys stop working. A purchase that is not paid yet is not made. Keys that projects have stay valid.`,
    verb: 'Disconnect',
    back: BACK,
  })
  return { title: 'Disconnect', heading: title, breadcrumb: ABOVE, body }
}

export function revokeAllPage(reply: FastifyReply, connections: readonly OwnConnection[]): Page {
  const title = 'Disconnect all assistants?'
  const body = html`<ul>
      ${connections.map((connection) => html`<li>${nameOf(connection)}</li>`)}
    </ul>
    ${confirmation({
      action: `${INTEGRATIONS}/revoke-all`,
      hidden: csrfField(reply),
      consequence:
        'The next request of each is refused. A purchase that is not paid yet is not made. Keys that projects have stay valid.',
      verb: 'Disconnect all',
      back: BACK,
    })}`
  return { title, heading: title, breadcrumb: ABOVE, body }
}
