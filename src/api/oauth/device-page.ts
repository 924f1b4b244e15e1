import type { FastifyReply } from 'fastify'
import type { Session } from '#domain/identity'
import type { Scope } from '#domain/orgs'
import { badge } from '../customer-area/components/badge.ts'
import { button } from '../customer-area/components/button.ts'
import { facts } from '../customer-area/components/card.ts'
import { checkboxRow } from '../customer-area/components/choice.ts'
import { field, select } from '../customer-area/components/field.ts'
import { errorSummary, notice } from '../customer-area/components/notice.ts'
import { orgOptions, type OrgOrGuest, workedIn } from '../customer-area/org-options.ts'
import { html, type Html } from '../customer-area/html.ts'
import type { Page } from '../customer-area/layout.ts'
import { SCOPE_WORDS, scopeText } from '../customer-area/scope-words.ts'
import { csrfField } from '../customer-area/session.ts'
import type { Application } from './consent-page.ts'

type DeviceApplication = Pick<Application, 'id' | 'name' | 'host'>

/** An application on another machine that wants to act for a person. */
export interface Device {
  /** The secret device code. Never shown. */
  id: string
  /** What the person typed, without the dash. */
  code: string
  isAnswered: boolean
  application: DeviceApplication
  /** The shortened address from which the application asked. */
  network: string
  isYourNetwork: boolean
  /** What may be granted. */
  scopes: readonly Scope[]
  /** Whether the application asked for these scopes. */
  isAsked: boolean
}

const WRONG = 'This code is not valid. Check it, or let your application show a new one after 10 minutes.'

/** Where a person types the code. */
export function codePage(reply: FastifyReply, { isWrong = false } = {}): Page {
  const error = isWrong ? WRONG : undefined
  const body = html`${error && errorSummary([{ name: 'user_code', error }])} ${warning}
    <form class="stack card" method="post" action="/device">
      ${csrfField(reply)}
      ${field({
        name: 'user_code',
        label: 'Code',
        hint: 'Eight letters, such as BCDF-GHJK.',
        error,
        autocomplete: 'off',
        maxLength: 20,
        isRequired: true,
      })}
      ${button('Go on')}
    </form>`
  return {
    title: isWrong ? 'Code not valid' : 'Connect another machine',
    heading: 'Connect another machine',
    lead: 'Type the code that your application shows there.',
    isNarrow: true,
    body,
  }
}

const warning = notice({
  tone: 'warn',
  title: 'Only continue if you started this on your own machine',
  text: 'Never type a code that somebody sent you: it would let them act for you. We never send codes.',
})

interface DeviceView {
  device: Device
  session: Session
  orgs: readonly OrgOrGuest[]
}

/** What the code is for, and whether the person allows it. */
export function devicePage(reply: FastifyReply, view: DeviceView): Page {
  const { device, session, orgs } = view
  const { application, code, network, isYourNetwork } = device
  const { name, host } = application
  const title = `Connect ${name}`
  const about = facts([
    [
      'Application',
      html`${name} ${host ? badge(`verified: ${host}`, 'good') : badge('unverified name', 'warn')}`,
    ],
    ['Code', html`<code>${code.slice(0, 4)}-${code.slice(4)}</code>`],
    [
      'Asks from',
      html`<code>${network || 'an unknown network'}</code>
        ${isYourNetwork ? badge('your network') : badge('not your network', 'warn')}`,
    ],
    ['You are', `${session.displayName} (${session.email})`],
  ])
  const body = html`${warning} ${about} ${orgs.length ? allowForm(reply, view) : withoutOrg}
    <form id="deny" method="post" action="/device/deny">${fixedFields(reply, device)}</form>
    ${!orgs.length && html`<div class="answers"><button form="deny">Deny</button></div>`}`
  const lead = `${name} wants to use packagento for you, on another machine.`
  return { title, heading: `${title}?`, lead, isNarrow: true, body }
}

const allowForm = (reply: FastifyReply, { device, session, orgs }: DeviceView): Html =>
  html`<form class="stack" method="post" action="/device/allow">
    ${fixedFields(reply, device)}
    ${select({
      name: 'org',
      label: 'It works for',
      hint: 'It can also act in your other orgs, within your role there.',
      options: orgOptions(orgs),
      chosen: workedIn(orgs, session),
    })}
    <fieldset class="scopes">
      <legend>It may</legend>
      ${scopeText('read', '(always)')}
      ${device.scopes
        .filter((scope) => scope !== 'read')
        .map((scope) =>
          checkboxRow({
            name: 'scope',
            value: scope,
            text: SCOPE_WORDS[scope].label,
            hint: SCOPE_WORDS[scope].hint,
            // applications ask for everything; publishing and the team are never chosen before
            isChecked: device.isAsked && scope === 'projects',
          }),
        )}
    </fieldset>
    <p class="hint">
      It buys nothing, and never sees a card number or your password. You can end its access at any time under
      <a href="/account/integrations">Assistants</a>.
    </p>
    <div class="answers">
      ${button('Allow')}
      <button form="deny" class="quiet">Deny</button>
    </div>
  </form>`

const fixedFields = (reply: FastifyReply, { code }: Device): Html =>
  html`${csrfField(reply)}<input type="hidden" name="user_code" value="${code}" />`

const withoutOrg = html`<p>
  You belong to no org yet, so it has nothing to work for. Ask to be invited, then connect it again.
</p>`

export function answeredPage({ name }: DeviceApplication, { isAllowed }: { isAllowed: boolean }): Page {
  const heading = isAllowed ? `${name} is connected` : `${name} is not connected`
  const lead = isAllowed
    ? 'Go back to it. It notices within a few seconds. You can close this page.'
    : 'It gets no access. You can close this page.'
  const body = html`<p><a href="/account/integrations">See your assistants</a></p>`
  return { title: heading, heading, lead, isNarrow: true, body }
}
