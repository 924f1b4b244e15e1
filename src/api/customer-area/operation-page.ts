import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Billing, PaymentProviderAway } from '#domain/billing'
import { enqueueNudge, isOver, type Operation, operationByLink, watchOperation } from '#domain/operations'
import { liveRole, may } from '#domain/orgs'
import { dealOf } from '#domain/orders'
import type { CustomerId } from '#kernel/ids'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'
import { notFoundPage, type Page, sendPage } from './layout.ts'
import {
  completed,
  notDone,
  notNow,
  notYours,
  onwards,
  running,
  unheard,
  type Visit,
  waiting,
} from './operation-view.ts'
import { signedIn } from './session.ts'

export interface OperationPageOptions {
  db: Db
  billing: Billing
  publicUrl: string
  now: () => Date
  log: Logger
}

/** How long the return from the bank waits for the operation to come to its end, in ms. */
const PATIENCE_MS = 5_000
const LINK = /^[\w-]{43}$/

interface Asked {
  Params: { link: string }
  Querystring: { returned?: string }
}

/**
 * `/o/<link>`: what an assistant sends its person to. Opens for the customer who asked and nobody else, says what is
 * agreed, leads to the bank or the card page, and after the end says how it ended.
 */
export async function operationPages(app: FastifyInstance, options: OperationPageOptions): Promise<void> {
  const { db, now, log } = options

  app.get<Asked>('/o/:link', async (request, reply) => {
    const visit = await theirs(request, reply)
    if (!visit) return reply
    return sendPage(reply, await pageOf(db, visit, request.query.returned))
  })

  app.post<Asked>('/o/:link', async (request, reply) => {
    const visit = await theirs(request, reply)
    if (!visit) return reply
    const { operation, link } = visit
    try {
      const url = await providerPage(options, visit)
      // a link and no redirect: browsers hold what follows a POST against form-action
      return url ? sendPage(reply, onwards(operation, url)) : reply.redirect(`/o/${link}/return`, 303)
    } catch (error) {
      if (!(error instanceof PaymentProviderAway)) throw error
      log.warn({ error: error.cause, operation: operation.id }, 'the payment provider gave no page')
      return sendPage(reply, notNow(visit), 503)
    }
  })

  app.get<Asked>('/o/:link/return', async (request, reply) => {
    const visit = await theirs(request, reply)
    if (!visit) return reply
    const { operation, link, customer } = visit
    if (operation.status !== 'waiting_for_you') return reply.redirect(`/o/${link}`, 303)
    await enqueueNudge(db, operation.workflowId, now())
    const hasNoticed = !isSameWait(await soon(db, operation, customer), operation)
    return reply.redirect(hasNoticed ? `/o/${link}` : `/o/${link}?returned=${waitOf(operation)}`, 303)
  })

  /** The operation behind a link, for the person it was made for; else it has answered. */
  async function theirs(request: FastifyRequest<Asked>, reply: FastifyReply) {
    const session = await signedIn(request, reply)
    if (!session) return undefined
    const { link } = request.params
    const operation = LINK.test(link) ? await operationByLink(db, link) : undefined
    if (!operation) return void sendPage(reply, notFoundPage, 404)
    const role =
      operation.askedBy === session.customer
        ? await liveRole(db, operation.orgId, session.customer)
        : undefined
    if (!role || !may(role, 'buy')) return void sendPage(reply, notYours, 403)
    return { operation, link, reply, customer: session.customer }
  }
}

/** Waits for the end of an operation or for its next wait, as long as a person waits for a page. */
const soon = (db: Db, before: Operation, customer: CustomerId): Promise<Operation> =>
  watchOperation(db, {
    id: before.id,
    customer,
    until: (operation) =>
      isOver(operation) || (operation.waitingUntil !== undefined && !isSameWait(operation, before)),
    withinMs: PATIENCE_MS,
  })

async function pageOf(db: Db, visit: Visit, returnedFrom: string | undefined): Promise<Page> {
  const { operation } = visit
  const deal = await dealOf(db, operation.id)
  switch (operation.status) {
    case 'running':
      return running(operation)
    case 'waiting_for_you':
      return returnedFrom === waitOf(operation) ? unheard(visit) : waiting(visit, deal)
    case 'completed':
      return completed(operation, deal)
    case 'failed':
    case 'cancelled':
      return notDone(operation, deal)
  }
}

/** Names the wait of an operation: one that buys from several vendors may wait for the bank once for each. */
const waitOf = ({ waitingUntil }: Operation): string | undefined => waitingUntil?.getTime().toString(36)

const isSameWait = (now: Operation, before: Operation): boolean =>
  now.status === 'waiting_for_you' && waitOf(now) === waitOf(before)

/** A page at the provider; nothing when there is no need any more, which the operation sees by looking. */
async function providerPage(
  { billing, publicUrl, now }: OperationPageOptions,
  { operation: { id: operation, orgId: org, waitingFor }, link, customer: openedBy }: Opened,
): Promise<string | undefined> {
  const [cancelUrl, at] = [`${publicUrl}/o/${link}`, now()]
  const returnUrl = `${cancelUrl}/return`
  switch (waitingFor) {
    case 'authentication':
      return billing.openBankPage({ operation, returnUrl, at })
    case 'payment_method':
      return billing.openCardPage({ operation, org, openedBy, successUrl: returnUrl, cancelUrl, at })
    case undefined:
      return undefined
  }
}

type Opened = Visit & { customer: CustomerId }
