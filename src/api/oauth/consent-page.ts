import type { FastifyReply } from 'fastify'
import type { Session } from '#domain/identity'
import type { OrgAccess, Scope } from '#domain/orgs'
import { html, type Html } from '../customer-area/html.ts'
import type { Page } from '../customer-area/layout.ts'
import { csrfField } from '../customer-area/session.ts'
import {
  PROFILE_WORDS,
  type Profile,
  profileChosen,
  profilesFor,
  profilesWith,
  SCOPE_WORDS,
} from './profiles.ts'

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

interface ConsentView {
  application: Application
  scopes: readonly Scope[]
  session: Session
  orgs: readonly OrgAccess[]
  /** Of this page. */
  path: string
}

export function consentPage(reply: FastifyReply, view: ConsentView): Page {
  const { application, session, orgs, path } = view
  const title = `Connect ${application.name}`
  const intro = html`<h1>${title}?</h1>
    <p><strong>${application.name}</strong> wants to use packagento for you.</p>
    <dl class="facts">
      <dt>Application</dt>
      <dd>${application.name} ${whoVouches(application)}</dd>
      <dt>Sends you back to</dt>
      <dd>${application.redirectHost} ${application.isThisDevice && thisDevice}</dd>
      <dt>You are</dt>
      <dd>
        ${session.displayName} (${session.email}).
        <a href="/sign-in?continue=${encodeURIComponent(path)}">Sign in as somebody else</a>
      </dd>
    </dl>`
  if (!orgs.length) return { title, body: html`${intro}${withoutOrg(reply, path)}` }
  return { title, body: html`${intro}${consentForm(reply, view)}` }
}

const whoVouches = ({ host }: Application): Html =>
  host
    ? html`<span class="badge good">verified: ${host}</span>`
    : html`<span class="badge warn">unverified name</span> Go on only if you have just started this yourself.`

const thisDevice = html`<span class="badge">this device</span> A program on this computer gets the access.`

function consentForm(reply: FastifyReply, { scopes, orgs, path }: ConsentView): Html {
  const profiles = profilesFor(scopes)
  const chosen = profileChosen(profiles)
  return html`<form class="stack consent" method="post" action="${path}/consent">
      ${csrfField(reply)}
      <label for="org">It works for</label>
      <select id="org" name="org">
        ${orgs.map(({ slug, name, role }) => html`<option value="${slug}">${name} (you: ${role})</option>`)}
      </select>
      <p class="soft">It can also act in your other orgs, within your role there.</p>
      <fieldset>
        <legend>It may</legend>
        ${profiles.map((profile) => profileCard(profile, profile === chosen))}
      </fieldset>
      <fieldset class="scopes">
        <legend>In detail</legend>
        ${scopes.map(scopeRow)}
      </fieldset>
      ${/* SPEND LIMIT: the fields of the limit go here; the class `for-buy` hides them for smaller profiles. */ false}
      ${neverDoes}
      <div class="answers">
        <button>Allow</button>
        <button form="deny" class="quiet">Deny</button>
      </div>
    </form>
    ${denyForm(reply, path)}`
}

const profileCard = (profile: Profile, isChosen: boolean): Html =>
  html`<label class="choice">
    <input type="radio" name="profile" value="${profile}" ${isChosen && html`checked`} />
    <span><strong>${PROFILE_WORDS[profile].name}</strong><br />${PROFILE_WORDS[profile].means}</span>
  </label>`

/** `read` cannot be unticked. The others count only within the profile, and a smaller one hides them. */
const scopeRow = (scope: Scope): Html =>
  html`<label
    class="choice ${profilesWith(scope)
      .map((profile) => `in-${profile}`)
      .join(' ')}"
  >
    <input type="checkbox" name="scope" value="${scope}" checked ${scope === 'read' && html`disabled`} />
    <span>${SCOPE_WORDS[scope]}</span>
  </label>`

const neverDoes = html`<p>
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
  const body = html`<h1>Back to ${name}</h1>
    <p>You are sent back. <a class="button" href="${to}">Go on</a></p>`
  return { title: `Back to ${name}`, body, refreshTo: to }
}

/** The way on for a person who signed in long ago. */
export function signInAgainPage(path: string): Page {
  const body = html`<h1>Sign in again</h1>
    <p>
      You signed in more than 12 hours ago. An application gets access for months, so confirm that it is you.
    </p>
    <p><a class="button" href="/sign-in?continue=${encodeURIComponent(path)}">Sign in again</a></p>`
  return { title: 'Sign in again', body }
}
