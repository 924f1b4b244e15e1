import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { startAddPaymentMethod } from '#contracts/start-add-payment-method'
import { audit } from '#domain/audit'
import { type ListedCard, listPaymentMethods, makeDefault, removePaymentMethod } from '#domain/billing'
import type { Operations } from '#domain/operations'
import { assertMay, may, type OrgAccess, orgForCustomer, orgsOf, SCOPES } from '#domain/orgs'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'
import type { Payments } from '#platform/payments'
import { html, type Html } from './html.ts'
import { sendPage } from './layout.ts'
import { csrfField, signedIn } from './session.ts'

const PATH = '/account/payment-methods'

export interface PaymentMethodsOptions {
  db: Db
  operations: Operations
  payments: Payments
  deployment: string
  now: () => Date
  log: Logger
}

/** The cards of every org in which the visitor may buy: add, make default, remove. */
export async function paymentMethodPages(
  app: FastifyInstance,
  options: PaymentMethodsOptions,
): Promise<void> {
  const { db, operations, payments, deployment, now, log } = options

  app.get(PATH, async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const orgs = (await orgsOf(db, session.customer)).filter(({ role }) => may(role, 'buy'))
    const withCards = await Promise.all(
      orgs.map(async (org) => ({ org, cards: await listPaymentMethods(db, org.id) })),
    )
    const sections = withCards.map(({ org, cards }) => sectionOf(org, cards, reply))
    const body = html`<h1>Payment methods</h1>
      ${sections.length ? sections : html`<p>You may buy in no org; ask an owner or admin of yours.</p>`}`
    return sendPage(reply, { title: 'Payment methods', body })
  })

  app.post<{ Body: { org?: string } }>(PATH, async (request, reply) => {
    const acting = await buyer(request, reply)
    if (!acting) return reply
    const { operation } = await operations.advance(startAddPaymentMethod, {
      ...acting,
      key: randomUUID(),
      input: {},
      at: now(),
    })
    // it is our own link; without one the worker is away, and its operation goes on later
    const next = operation.url && new URL(operation.url).pathname
    if (next) return reply.redirect(next, 303)
    const body = html`<h1>Not yet</h1>
      <p>The card page could not be opened in time. Nothing is lost: try again in a minute.</p>`
    return sendPage(reply, { title: 'Not yet', body }, 503)
  })

  app.post<{ Body: { org?: string }; Params: { id: string } }>(
    `${PATH}/:id/default`,
    async (request, reply) => {
      const acting = await buyer(request, reply)
      if (!acting) return reply
      const { id } = request.params
      await db.transaction().execute(async (tx) => {
        await makeDefault(tx, { org: acting.org.id, id, at: now() })
        await audit(tx, eventOf('make_payment_method_default', acting, id))
      })
      return reply.redirect(PATH, 303)
    },
  )

  app.post<{ Body: { org?: string }; Params: { id: string } }>(
    `${PATH}/:id/remove`,
    async (request, reply) => {
      const acting = await buyer(request, reply)
      if (!acting) return reply
      const { id } = request.params
      const atProvider = await db.transaction().execute(async (tx) => {
        const removed = await removePaymentMethod(tx, { org: acting.org.id, id, at: now() })
        await audit(tx, eventOf('remove_payment_method', acting, id))
        return removed
      })
      // for us it is gone and never charged again, whatever the provider answers
      await payments
        .detachCard(atProvider, `${deployment}:${id}:detach:1`)
        .catch((error: unknown) =>
          log.error({ error, id }, 'a removed card could not be detached at the provider'),
        )
      return reply.redirect(PATH, 303)
    },
  )

  /** Who acts in which org, by a form; else it has answered. */
  async function buyer(request: FastifyRequest<{ Body: { org?: string } }>, reply: FastifyReply) {
    const session = await signedIn(request, reply)
    if (!session) return undefined
    const org = await orgForCustomer(db, session.customer, request.body?.org ?? '')
    assertMay(org, 'buy')
    return { org, caller: { customer: session.customer, scopes: SCOPES } }
  }
}

type Acting = { org: OrgAccess; caller: { customer: `cst_${string}` } }

const eventOf = (deed: string, { org, caller }: Acting, object: string) =>
  ({ chain: `org:${org.id}`, deed, outcome: 'done', customer: caller.customer, org: org.id, object }) as const

const sectionOf = (org: OrgAccess, cards: readonly ListedCard[], reply: FastifyReply): Html =>
  html`<section>
    <h2>${org.name}</h2>
    ${
      cards.length
        ? html`<ul class="cards">
            ${cards.map((card) => cardOf(org, card, reply))}
          </ul>`
        : html`<p>No card is saved. A purchase waits until somebody adds one.</p>`
    }
    <form method="post" action="${PATH}">
      ${csrfField(reply)}<input type="hidden" name="org" value="${org.slug}" />
      <button>Add a card</button>
    </form>
  </section>`

function cardOf(org: OrgAccess, card: ListedCard, reply: FastifyReply): Html {
  const { id, brand, last4, expMonth, expYear, isDefault, isRefused } = card
  const button = (deed: string, label: string) =>
    html`<form method="post" action="${PATH}/${id}/${deed}">
      ${csrfField(reply)}<input type="hidden" name="org" value="${org.slug}" />
      <button class="quiet" aria-label="${label}: ${brand} ending in ${last4}">${label}</button>
    </form>`
  return html`<li>
    <h3>${brand} ···· ${last4}</h3>
    <p class="soft">Expires ${String(expMonth).padStart(2, '0')}/${expYear}</p>
    <p>${isDefault ? 'Charged by default' : isRefused && 'Refused by the bank, not charged again'}</p>
    ${!isDefault && !isRefused && button('default', 'Make default')} ${button('remove', 'Remove')}
  </li>`
}
