import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import {
  changeBillingDetails,
  findBillingDetails,
  type DetailMistake,
  type TypedDetails,
} from '#domain/billing'
import { may, type OrgAccess, SCOPES } from '#domain/orgs'
import { COUNTRIES } from '#kernel/countries'
import { button } from '../components/button.ts'
import { emptyState } from '../components/empty-state.ts'
import { field, select, textArea } from '../components/field.ts'
import { errorSummary, notice } from '../components/notice.ts'
import { html, type Html } from '../html.ts'
import { notFoundPage, type Page, sendPage } from '../layout.ts'
import { ownPath } from '../own-path.ts'
import { csrfField, signedIn } from '../session.ts'
import { orgsOfVisitor } from '../visitor-orgs.ts'
import { accessTo, BILLING, ORDERS_CRUMB, type OrdersOptions } from './visit.ts'

const TITLE = 'Billing details'

/** A field that is missing or sent twice counts as an empty text. */
const text = z.string().max(2000).catch('')
const form = z.object({
  org: text,
  continue: text,
  legalName: text,
  address: text,
  country: text,
  vatId: text,
  email: text,
})

const pageQuery = z.object({ org: text, continue: text })

/** To whom the invoices of the org are made out in which the visitor works. */
export function billingDetailsPage(app: FastifyInstance, { db, now }: OrdersOptions): void {
  app.get<{ Querystring: { saved?: unknown } }>(BILLING, async (request, reply) => {
    if (!(await signedIn(request, reply))) return reply
    const { org: slug, continue: back } = pageQuery.parse(request.query)
    const { active, orgs } = orgsOfVisitor(request)
    const org = slug ? orgs.find((each) => each.slug === slug) : active
    if (!org || !may(org.role, 'manage_billing_details')) return sendPage(reply, nothingToSee)
    const details = await findBillingDetails(db, org.id)
    const typed = {
      legalName: details?.legalName ?? '',
      address: details?.address.join('\n') ?? '',
      country: details?.country ?? '',
      vatId: details?.vatId ?? '',
      email: details?.email ?? '',
    }
    return sendPage(reply, pageOf(reply, { org, typed, back, isSaved: request.query.saved !== undefined }))
  })

  app.post(BILLING, async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const { org: slug, continue: back, ...typed } = form.parse(request.body ?? {})
    const named = orgsOfVisitor(request).orgs.find((each) => each.slug === slug)
    const org = accessTo(request, named?.id, 'manage_billing_details')
    if (!org) return sendPage(reply, notFoundPage, 404)
    const by = { customer: session.customer, request: request.id, scopes: SCOPES }
    const changed = await changeBillingDetails(db, { org: org.id, typed, by, at: now() })
    if (!('details' in changed))
      return sendPage(reply, pageOf(reply, { org, typed, back, mistakes: changed }), STATUS_OF_MISTAKE)
    return reply.redirect(back ? ownPath(back) : `${BILLING}?saved=1`, 303)
  })
}

const STATUS_OF_MISTAKE = 422

const nothingToSee: Page = {
  title: TITLE,
  heading: TITLE,
  breadcrumb: [ORDERS_CRUMB],
  body: emptyState({
    symbol: 'receipt',
    title: 'Nothing to change here',
    text: 'Owners, admins and members with the role billing say to whom invoices are made out.',
  }),
}

interface DetailsForm {
  org: OrgAccess
  typed: TypedDetails
  /** Where to go after saving. Empty: this page. */
  back: string
  mistakes?: readonly DetailMistake[]
  isSaved?: boolean
}

function pageOf(
  reply: FastifyReply,
  { org, typed, back, mistakes = [], isSaved = false }: DetailsForm,
): Page {
  const errors = mistakes.map(({ field: name, sentence: error }) => ({ name, error }))
  return {
    title: TITLE,
    heading: TITLE,
    breadcrumb: [ORDERS_CRUMB],
    lead: `To whom the invoices of ${org.name} are made out. Invoices that you have stay as they are.`,
    body: html`${isSaved && notice({ tone: 'good', text: 'Saved. The next invoice has these details.' })}
      <form class="stack card" method="post" action="${BILLING}">
        ${errorSummary(errors)} ${csrfField(reply)}<input type="hidden" name="org" value="${org.slug}" />
        <input type="hidden" name="continue" value="${back}" />
        ${fields(typed, (name) => errors.find((each) => each.name === name)?.error)} ${button('Save')}
      </form>`,
  }
}

const fields = (typed: TypedDetails, error: (name: keyof TypedDetails) => string | undefined): Html =>
  html`${field({
    name: 'legalName',
    label: 'Legal name',
    hint: 'Of the company or person who pays.',
    value: typed.legalName,
    autocomplete: 'organization',
    maxLength: 200,
    isRequired: true,
    error: error('legalName'),
  })}
  ${textArea({
    name: 'address',
    label: 'Address',
    hint: 'Street, postcode and city, one below the other, without the country.',
    value: typed.address,
    rows: 4,
    maxLength: 600,
    error: error('address'),
  })}
  ${select({
    name: 'country',
    label: 'Country',
    options: [
      { value: '', text: 'Choose' },
      ...COUNTRIES.map(({ code, name }) => ({ value: code, text: name })),
    ],
    chosen: typed.country,
    error: error('country'),
  })}
  ${field({
    name: 'vatId',
    label: 'VAT id',
    hint: 'Leave it empty if there is none.',
    value: typed.vatId,
    autocomplete: 'off',
    maxLength: 40,
    error: error('vatId'),
  })}
  ${field({
    name: 'email',
    label: 'Mail address for receipts',
    hint: 'Without it, whoever buys gets them.',
    type: 'email',
    value: typed.email,
    autocomplete: 'email',
    maxLength: 254,
    error: error('email'),
  })}`
