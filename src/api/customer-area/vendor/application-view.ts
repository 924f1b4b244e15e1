import { randomUUID } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import type { OrgAccess } from '#domain/orgs'
import { type Application, VENDOR_TERMS_VERSION, type VendorFacts } from '#domain/vendors'
import { button, linkButton } from '../components/button.ts'
import { card, facts } from '../components/card.ts'
import { checkboxRow } from '../components/choice.ts'
import { confirmation } from '../components/confirm.ts'
import { field } from '../components/field.ts'
import { errorSummary, notice } from '../components/notice.ts'
import { type Step, stepper } from '../components/stepper.ts'
import { momentText } from '../components/text.ts'
import { html, type Html } from '../html.ts'
import type { Page } from '../layout.ts'
import { csrfField } from '../session.ts'
import { icon } from '../style/icons.ts'
import { APPLY_PATH, applicationPath, VENDOR_PATH } from './overview-view.ts'
import { TERMS_PATH } from './terms-page.ts'

const ABOVE = [{ href: VENDOR_PATH, text: 'Vendor' }]

/** What a person has to correct, by field. */
export type Mistakes = Partial<Record<'slug' | 'name' | 'website' | 'terms', string>>

/** A form that is shown again. */
export interface Sent {
  facts: VendorFacts
  mistakes: Mistakes
}

export const applyPage = (reply: FastifyReply, org: OrgAccess, sent?: Sent): Page => ({
  title: 'Apply as a vendor',
  heading: 'Apply as a vendor',
  lead: `For ${org.name}. The operator of this market looks at it, and a mail reports the decision.`,
  breadcrumb: ABOVE,
  body: html`<form class="stack card" method="post" action="${APPLY_PATH}">
    ${mistakesAbove(sent)} ${csrfField(reply)}<input type="hidden" name="org" value="${org.slug}" /><input
      type="hidden"
      name="key"
      value="${randomUUID()}"
    />
    ${factsFields(sent)}
    <div class="field">
      ${checkboxRow({
        name: 'terms',
        value: VENDOR_TERMS_VERSION,
        text: html`I have read and accept the <a href="${TERMS_PATH}">vendor terms</a>`,
        hint: `Version ${VENDOR_TERMS_VERSION}`,
      })}
      ${
        sent?.mistakes.terms !== undefined &&
        html`<p class="error" id="terms">${icon('warning', 16)}${sent.mistakes.terms}</p>`
      }
    </div>
    ${button('Send the application')}
  </form>`,
})

const mistakesAbove = (sent: Sent | undefined): Html | false =>
  errorSummary(Object.entries(sent?.mistakes ?? {}).map(([name, error]) => ({ name, error })))

const factsFields = (sent: Sent | undefined): Html =>
  html`${field({
    name: 'slug',
    label: 'Slug',
    hint: 'The first part of the names of your packages, such as northwind in northwind/module-search. It cannot change once it is approved.',
    value: sent?.facts.slug,
    autocomplete: 'off',
    maxLength: 50,
    isRequired: true,
    error: sent?.mistakes.slug,
  })}
  ${field({
    name: 'name',
    label: 'Name',
    hint: 'Buyers see it.',
    value: sent?.facts.name,
    autocomplete: 'organization',
    maxLength: 100,
    isRequired: true,
    error: sent?.mistakes.name,
  })}
  ${field({
    name: 'website',
    label: 'Website',
    hint: 'It begins with https://, and shows who you are.',
    type: 'url',
    value: sent?.facts.website,
    autocomplete: 'url',
    maxLength: 200,
    isRequired: true,
    error: sent?.mistakes.website,
  })}`

interface Shown {
  application: Application
  org: OrgAccess
  mayManage: boolean
  saved: string | undefined
  sent?: Sent
}

const TITLES: Record<Application['state'], string> = {
  open: 'Your application waits for approval',
  approved: 'You are a vendor',
  declined: 'The application was declined',
  withdrawn: 'The application was withdrawn',
}

/** The state of an application and what comes next. While it is open, it can be changed here. */
export function applicationPage(
  reply: FastifyReply,
  { application, org, mayManage, saved, sent }: Shown,
): Page {
  const { id, slug, name, website, termsVersion, appliedAt, state, reason } = application
  return {
    title: `Application for ${slug}`,
    heading: TITLES[state],
    lead: html`<span class="mono">${slug}</span> · ${org.name}`,
    breadcrumb: ABOVE,
    body: html`${saved !== undefined && notice({ tone: 'good', text: savedText(saved) })}
      ${mistakesAbove(sent)}
      ${reason !== undefined && notice({ tone: 'bad', title: 'The operator says', text: reason })}
      <div class="focus">${stepper(stepsOf(application))}</div>
      ${afterwards(state, mayManage)}
      ${
        state === 'open' && mayManage
          ? changeCard(reply, { application, org, sent })
          : card(
              'What was sent',
              facts([
                ['Slug', html`<span class="mono">${slug}</span>`],
                ['Name', name],
                ['Website', website ?? ''],
                ['Vendor terms', termsVersion ? `version ${termsVersion}` : ''],
                ['Sent', momentText(appliedAt)],
              ]),
            )
      }
      ${
        state === 'open' &&
        mayManage &&
        html`<div class="buttons">
          ${linkButton(`${applicationPath(id)}/withdraw`, 'Withdraw the application', { kind: 'danger' })}
        </div>`
      }`,
  }
}

const SAVED: Record<string, string> = {
  applied: 'The application is sent.',
  changed: 'The application is changed.',
}
/** `saved` is unchecked text. */
const savedText = (saved: string) => (Object.hasOwn(SAVED, saved) && SAVED[saved]) || 'It is saved.'

function stepsOf({ appliedAt, state, endedAt }: Application): Step[] {
  const time = endedAt && momentText(endedAt)
  const sent: Step = { name: 'You applied', state: 'done', time: momentText(appliedAt) }
  const publish: Step = { name: 'You publish your repositories', state: 'later' }
  switch (state) {
    case 'open':
      return [
        sent,
        {
          name: 'The operator of this market decides',
          state: 'current',
          about: 'A person looks at the website and at who uses that name elsewhere. That may take days.',
        },
        publish,
      ]
    case 'approved':
      return [
        sent,
        { name: 'The operator approved it', state: 'done', time },
        { ...publish, state: 'current' },
      ]
    case 'declined':
      return [sent, { name: 'The operator declined it', state: 'failed', time }]
    case 'withdrawn':
      return [sent, { name: 'You withdrew it', state: 'failed', time }]
  }
}

function afterwards(state: Application['state'], mayManage: boolean): Html | false {
  switch (state) {
    case 'open':
      return html`<p class="muted">
        You can <a href="/account/git">connect your Git host</a> meanwhile. Nothing can be published before
        the approval.
      </p>`
    case 'approved':
      return html`<div class="buttons">${linkButton(VENDOR_PATH, 'See your vendor')}</div>`
    case 'declined':
    case 'withdrawn':
      return mayManage && html`<div class="buttons">${linkButton(APPLY_PATH, 'Apply again')}</div>`
  }
}

const changeCard = (
  reply: FastifyReply,
  { application, org, sent }: Pick<Shown, 'application' | 'org' | 'sent'>,
): Html =>
  card(
    'Change it',
    html`<form class="stack" method="post" action="${applicationPath(application.id)}">
      ${csrfField(reply)}<input type="hidden" name="org" value="${org.slug}" />
      ${factsFields(sent ?? { facts: { ...application, website: application.website ?? '' }, mistakes: {} })}
      ${button('Save', { kind: 'quiet' })}
    </form>`,
  )

export const withdrawPage = (reply: FastifyReply, { id, slug }: Application, org: OrgAccess): Page => ({
  title: 'Withdraw',
  heading: `Withdraw the application for ${slug}?`,
  breadcrumb: [...ABOVE, { href: applicationPath(id), text: `Application for ${slug}` }],
  body: confirmation({
    action: `${applicationPath(id)}/withdraw`,
    hidden: html`${csrfField(reply)}<input type="hidden" name="org" value="${org.slug}" />`,
    consequence: `${slug} is free again: somebody else may apply for it. You can apply again, too.`,
    verb: 'Withdraw',
    back: { href: applicationPath(id), text: 'Keep it' },
  }),
})
