import type { FastifyReply } from 'fastify'
import type { OwnConnection } from '#domain/connections'
import type { Session } from '#domain/identity'
import type { Scope } from '#domain/orgs'
import { badge } from '../customer-area/components/badge.ts'
import { button, linkButton } from '../customer-area/components/button.ts'
import { facts } from '../customer-area/components/card.ts'
import { checkboxRow, radioCards } from '../customer-area/components/choice.ts'
import { select } from '../customer-area/components/field.ts'
import { notice } from '../customer-area/components/notice.ts'
import { momentText } from '../customer-area/components/text.ts'
import { orgOptions, type OrgOrGuest, workedIn } from '../customer-area/org-options.ts'
import { html, type Html } from '../customer-area/html.ts'
import type { Page } from '../customer-area/layout.ts'
import { SCOPE_WORDS, scopeText } from '../customer-area/scope-words.ts'
import { csrfField } from '../customer-area/session.ts'
import { type SpendingFields, spendingFields } from '../customer-area/spending-form.ts'
import { PROFILE_WORDS, type Profile, profileChosen, profilesFor, profilesWith } from './profiles.ts'

/** The application that wants to act for a person. */
export interface Application {
  id: string
  /** As it names itself. Anybody may use any name. */
  name: string
  /** The host that vouches for the name. */
  host: string | undefined
  redirectHost: string
  isThisDevice: boolean
}

export interface ConsentView {
  application: Application
  scopes: readonly Scope[]
  session: Session
  orgs: readonly OrgOrGuest[]
  /** Live connections of the person to the same application. */
  older: readonly OwnConnection[]
  /** The limits in the form: the defaults, or what a person sent and has to correct. */
  spending: SpendingFields
  /** The application asked for the limits in the form. */
  isSpendingAsked?: boolean
  /** What a person sent and does not have to choose again. */
  sent?: { org: string; profile: Profile; ticked: readonly string[]; replaces: readonly string[] } | undefined
  /** Of this page. */
  path: string
}

export function consentPage(reply: FastifyReply, view: ConsentView): Page {
  const { application, session, orgs, path } = view
  const title = `Connect ${application.name}`
  const intro = facts([
    ['Application', html`${application.name} ${whoVouches(application)}`],
    [
      'Sends you back to',
      html`<code>${application.redirectHost}</code> ${application.isThisDevice && badge('this device')}`,
    ],
    [
      'You are',
      html`${session.displayName} (${session.email}).
        <a href="/sign-in?continue=${encodeURIComponent(path)}">Sign in as somebody else</a>`,
    ],
  ])
  const body = html`${!application.host && unverified} ${intro}
  ${orgs.length ? consentForm(reply, view) : withoutOrg(reply, path)}`
  const lead = `${application.name} wants to use packagento for you.`
  return { title, heading: `${title}?`, lead, isNarrow: true, body }
}

const whoVouches = ({ host }: Application): Html =>
  host ? badge(`verified: ${host}`, 'good') : badge('unverified name', 'warn')

const unverified = notice({
  tone: 'warn',
  text: 'Nobody has verified this name. Go on only if you have just started this application yourself.',
})

function consentForm(reply: FastifyReply, view: ConsentView): Html {
  const { scopes, orgs, path, session, spending, sent } = view
  const profiles = profilesFor(scopes)
  return html`<form class="stack consent" method="post" action="${path}/consent">
      ${csrfField(reply)}
      ${select({
        name: 'org',
        label: 'It works for',
        hint: 'It can also act in your other orgs, within your role there.',
        options: orgOptions(orgs),
        chosen: sent?.org ?? workedIn(orgs, session),
      })}
      ${radioCards({
        name: 'profile',
        legend: 'It may',
        choices: profiles.map((profile) => ({
          value: profile,
          text: PROFILE_WORDS[profile].name,
          hint: PROFILE_WORDS[profile].means,
        })),
        chosen: sent?.profile ?? profileChosen(profiles),
      })}
      ${grantedSection(view)}
      ${
        scopes.includes('buy') &&
        html`<fieldset class="${classesOf('buy')}">
          <legend>It may spend</legend>
          ${view.isSpendingAsked && askedLimits}
          <p class="hint">You can change this later under Assistants.</p>
          ${spendingFields(spending)}
        </fieldset>`
      }
      ${view.older.length > 0 && olderSection(view)} ${neverDoes}
      <div class="answers">
        ${button('Allow')}
        <button form="deny" class="quiet">Deny</button>
      </div>
    </form>
    ${denyForm(reply, path)}`
}

const askedLimits = notice({
  tone: 'warn',
  text: 'The application asks for these limits. It gets only what you leave here.',
})

/** A smaller profile hides what it does not include. */
const classesOf = (scope: Scope): string =>
  ['part', ...profilesWith(scope).map((profile) => `in-${profile}`)].join(' ')

/** Says all that is granted, also while the checkboxes that take away from it are closed. */
function grantedSection({ scopes, sent }: ConsentView): Html {
  const optional = scopes.filter((scope) => scope !== 'read')
  const isTicked = (scope: Scope) => !sent || sent.ticked.includes(scope)
  return html`<section class="granted" aria-label="What you allow">
    ${scopeText('read', '(always)')}
    ${optional.map((scope) => html`<div class="${classesOf(scope)} of-${scope}">${scopeText(scope)}</div>`)}
    ${
      optional.length > 0 &&
      html`<details ${!optional.every(isTicked) && html`open`}>
        <summary>Choose each permission</summary>
        <fieldset class="scopes">
          <legend>Untick what it may not do</legend>
          ${optional.map((scope) => scopeRow(scope, isTicked(scope)))}
        </fieldset>
      </details>`
    }
  </section>`
}

/** Counts only within the profile. */
const scopeRow = (scope: Scope, isChecked: boolean): Html =>
  html`<div class="${classesOf(scope)}">
    ${checkboxRow({ name: 'scope', value: scope, text: SCOPE_WORDS[scope].label, isChecked })}
  </div>`

/** No older connection is ticked in advance, because one of them may be another machine of the person. */
const olderSection = ({ older, application, sent }: ConsentView): Html =>
  html`<fieldset class="older">
    <legend>Already connected</legend>
    <p class="hint">
      ${application.name} has access already. Tick what this connection replaces: it is disconnected when you
      allow this one. Leave out what you still use, such as another machine.
    </p>
    ${older.map((one) =>
      checkboxRow({
        name: 'replaces',
        value: one.id,
        text: html`Disconnect ${one.label ?? one.clientName}, connected ${momentText(one.connectedAt)}`,
        hint: html`${one.org && `For ${one.org.name}. `}Last used:
        ${one.lastUsedAt ? momentText(one.lastUsedAt) : 'never'}.`,
        isChecked: sent?.replaces.includes(one.id) ?? false,
      }),
    )}
  </fieldset>`

const neverDoes = html`<p class="hint">
  It never sees a card number or your password. It cannot change your account, allow itself more, approve a
  purchase over a limit, or delete an org. You can end its access at any time under
  <a href="/account/integrations">Assistants</a>.
</p>`

const denyForm = (reply: FastifyReply, path: string): Html =>
  html`<form id="deny" method="post" action="${path}/deny">${csrfField(reply)}</form>`

const withoutOrg = (reply: FastifyReply, path: string): Html =>
  html`<p>
      You belong to no org yet, so it has nothing to work for. Ask to be invited, then connect it again.
    </p>
    ${denyForm(reply, path)}
    <div class="answers"><button form="deny">Go back without access</button></div>`

/** Sends the browser on without a redirect, because browsers apply `form-action` to the redirect of a POST. */
export function goOnPage({ name }: Application, to: string): Page {
  const title = `Back to ${name}`
  const body = html`<p>${linkButton(to, 'Go on')}</p>`
  return { title, heading: title, lead: 'You are sent back.', isNarrow: true, body, refreshTo: to }
}

/** The way on for a person who signed in long ago. */
export function signInAgainPage(path: string): Page {
  const title = 'Sign in again'
  const lead =
    'You signed in more than 12 hours ago. An application gets access for months, so confirm that it is you.'
  const body = html`<p>${linkButton(`/sign-in?continue=${encodeURIComponent(path)}`, 'Sign in again')}</p>`
  return { title, heading: title, lead, isNarrow: true, body }
}
