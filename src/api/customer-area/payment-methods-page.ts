import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { startAddPaymentMethod } from '#contracts/start-add-payment-method'
import { type Billing, type ListedCard, listPaymentMethods } from '#domain/billing'
import type { Operations } from '#domain/operations'
import { assertMay, may, type Caller, type OrgAccess, orgForCustomer, orgsOf, SCOPES } from '#domain/orgs'
import type { Db } from '#platform/database'
import { badge } from './components/badge.ts'
import { button, type ButtonKind, linkButton } from './components/button.ts'
import { emptyState } from './components/empty-state.ts'
import { notice } from './components/notice.ts'
import { noteOrg } from './audit-refusals.ts'
import { html, type Html } from './html.ts'
import { type Page, sendPage } from './layout.ts'
import { csrfField, signedIn } from './session.ts'
import { START } from './visit-limits.ts'
import { orgsOfVisitor } from './visitor-orgs.ts'

const PATH = '/account/payment-methods'

export interface PaymentMethodsOptions {
  db: Db
  operations: Operations
  billing: Billing
  now: () => Date
}

interface CardForm {
  Params: { id: string }
}
/** A field that is missing or sent twice counts as an empty text. */
const cardForm = z.object({ org: z.string().max(100).catch('') })
type CardFormRequest = FastifyRequest<CardForm>

/** The cards of every org in which the visitor may buy: add, make default, remove. */
export async function paymentMethodPages(
  app: FastifyInstance,
  options: PaymentMethodsOptions,
): Promise<void> {
  const actions = actionsOn(options)
  app.get(PATH, (request, reply) => listPage(options, request, reply))
  app.post<CardForm>(PATH, START, (request, reply) => actions.add(request, reply))
  app.post<CardForm>(`${PATH}/:id/default`, (request, reply) => actions.makeDefault(request, reply))
  app.post<CardForm>(`${PATH}/:id/remove`, (request, reply) => actions.remove(request, reply))
}

async function listPage({ db }: PaymentMethodsOptions, request: FastifyRequest, reply: FastifyReply) {
  const session = await signedIn(request, reply)
  if (!session) return reply
  const { active } = orgsOfVisitor(request)
  const orgs = (await orgsOf(db, session.customer)).filter(({ role }) => may(role, 'buy'))
  const isActive = (org: OrgAccess) => org.id === active?.id
  const sections: Html[] = []
  if (active && !may(active.role, 'buy'))
    sections.push(
      html`<p class="muted">Your role in ${active.name}, ${active.role}, does not see its cards.</p>`,
    )
  for (const org of orgs.toSorted((a, b) => Number(isActive(b)) - Number(isActive(a)))) {
    const cards = await listPaymentMethods(db, org.id)
    sections.push(sectionOf(org, cards, { reply, isActive: isActive(org) }))
  }
  const body = orgs.length
    ? html`${sections}`
    : emptyState({
        symbol: 'card',
        title: 'No cards to see',
        text: 'You may buy in no org; ask an owner or admin of yours.',
      })
  return sendPage(reply, {
    title: 'Payment methods',
    heading: 'Payment methods',
    lead: 'The card that is charged by default pays what you or your assistant buys.',
    body,
  })
}

function actionsOn({ db, operations, billing, now }: PaymentMethodsOptions) {
  return {
    /** Starts the same operation that an assistant starts, so that the link and its page are the same. */
    async add(request: CardFormRequest, reply: FastifyReply) {
      const acting = await buyer(request, reply)
      if (!acting) return reply
      const action = { ...acting, key: randomUUID(), input: {}, at: now() }
      const { operation } = await operations.startOrJoin(startAddPaymentMethod, action)
      // the URL is one of our links; when there is none yet, no worker runs, and the operation continues
      // later
      const next = operation.url && new URL(operation.url).pathname
      return next ? reply.redirect(next, 303) : sendPage(reply, notYet, 503)
    },

    async makeDefault(request: CardFormRequest, reply: FastifyReply) {
      const acting = await buyer(request, reply)
      if (!acting) return reply
      await billing.makeCardDefault(changeOf(request, acting))
      return reply.redirect(PATH, 303)
    },

    async remove(request: CardFormRequest, reply: FastifyReply) {
      const acting = await buyer(request, reply)
      if (!acting) return reply
      await billing.removeCard(changeOf(request, acting))
      return reply.redirect(PATH, 303)
    },
  }

  function changeOf({ params }: CardFormRequest, { org, caller }: Acting) {
    return { org: org.id, id: params.id, by: caller, at: now() }
  }

  /**
   * Returns the visitor as caller, and the org in the form. Without a session, sends a response and returns undefined.
   */
  async function buyer(request: CardFormRequest, reply: FastifyReply) {
    const session = await signedIn(request, reply)
    if (!session) return undefined
    const org = await orgForCustomer(db, session.customer, cardForm.parse(request.body ?? {}).org)
    noteOrg(request, org)
    assertMay(org, 'buy')
    return { org, caller: { customer: session.customer, request: request.id, scopes: SCOPES } }
  }
}

const notYet: Page = {
  title: 'Not yet',
  heading: 'Not yet',
  body: html`<p>The card page could not be opened in time. Nothing is lost: try again in a minute.</p>
    <p>${linkButton(PATH, 'Back to the payment methods')}</p>`,
}

type Acting = { org: OrgAccess; caller: Caller }

const sectionOf = (
  org: OrgAccess,
  cards: readonly ListedCard[],
  { reply, isActive }: { reply: FastifyReply; isActive: boolean },
): Html =>
  html`<section>
    <div class="section-head">
      <h2>${org.name}</h2>
      <form method="post" action="${PATH}">
        ${orgFields(org, reply)}
        ${button('Add a card', { kind: isActive && !cards.length ? 'primary' : 'quiet', fullText: `Add a card for ${org.name}` })}
      </form>
    </div>
    ${
      cards.length > 0 &&
      !cards.some(({ isDefault }) => isDefault) &&
      notice({
        tone: 'warn',
        text: 'None of them is charged by default: a purchase waits until you choose one or add one.',
      })
    }
    ${
      cards.length
        ? html`<ul class="rows">
            ${cards.map((card) => cardOf(org, card, reply))}
          </ul>`
        : html`<p class="muted">No card is saved. A purchase waits until somebody adds one.</p>`
    }
  </section>`

const orgFields = (org: OrgAccess, reply: FastifyReply): Html =>
  html`${csrfField(reply)}<input type="hidden" name="org" value="${org.slug}" />`

function cardOf(org: OrgAccess, card: ListedCard, reply: FastifyReply): Html {
  const { id, brand, last4, expMonth, expYear, isDefault, isRefused } = card
  const action = (path: string, text: string, kind: ButtonKind) =>
    html`<form method="post" action="${PATH}/${id}/${path}">
      ${orgFields(org, reply)}
      ${button(text, { kind, isSmall: true, fullText: `${text}: ${brandName(brand)} ending in ${last4}` })}
    </form>`
  return html`<li>
    <div class="about">
      <h3>
        ${brandName(brand)} ···· ${last4} ${isDefault && badge('charged by default', 'good')}
        ${isRefused && badge('refused by the bank, not charged again', 'bad')}
      </h3>
      <p class="small">Expires ${String(expMonth).padStart(2, '0')}/${expYear}</p>
    </div>
    <div class="buttons">
      ${!isDefault && !isRefused && action('default', 'Make default', 'quiet')}
      ${action('remove', 'Remove', 'danger')}
    </div>
  </li>`
}

/** Capitalises the provider's names, such as `visa` and `american_express`. */
const brandName = (brand: string) => brand.charAt(0).toUpperCase() + brand.slice(1).replaceAll('_', ' ')
