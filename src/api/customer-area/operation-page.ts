import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { publishPackage } from '#contracts/publish-package'
import { startAddPaymentMethod } from '#contracts/start-add-payment-method'
import { PaymentProviderAway } from '#domain/billing'
import {
  cancellingText,
  enqueueNudge,
  isOver,
  type Liveliness,
  type Operation,
  watchOperation,
  withObstacle,
} from '#domain/operations'
import { dealOf } from '#domain/orders'
import { publicationProgress } from '#domain/publications'
import type { CustomerId } from '#kernel/ids'
import type { Db } from '#platform/database'
import type { Secrets } from '#platform/secrets'
import { CART } from './buying/own-steps.ts'
import { type Page, sendPage } from './layout.ts'
import type { Visit } from './opened-operation.ts'
import { operationKeys } from './operation-keys.ts'
import {
  type About,
  awaitingReport,
  completed,
  notDone,
  oneMoreStep,
  outOfSight,
  providerUnavailable,
  running,
  waiting,
} from './operation-view.ts'
import { type LinkRequest, type Opened, type OperationPageOptions, visitOf } from './operation-visit.ts'
import { receipt } from './receipt-view.ts'
import { START } from './visit-limits.ts'
import { orgsOfVisitor } from './visitor-orgs.ts'

/** How long the page after the bank waits for the operation to change, in ms. */
const RETURN_WAIT_MS = 5_000
/** A field that is sent twice counts as missing. */
const visitQuery = z.object({
  returned: z.string().optional().catch(undefined),
  /** `gone`: the keys cannot be shown any more. */
  keys: z.literal('gone').optional().catch(undefined),
})
const visitForm = z.object({ hooks: z.string().optional().catch(undefined) })

/**
 * `/o/<link>`: the page that an assistant shows to its user. It opens only for the customer who started the operation.
 * It shows the purchase, leads to the bank or to the card page, and afterwards shows how the operation ended.
 */
export async function operationPages(
  app: FastifyInstance,
  options: OperationPageOptions & { secrets: Secrets },
): Promise<void> {
  const { db, log } = options
  operationKeys(app, options)

  app.get<LinkRequest>('/o/:link', async (request, reply) => {
    const visit = await visitOf(options, request, reply)
    if (!visit) return reply
    return sendPage(reply, await pageOf(options, visit, visitQuery.parse(request.query)))
  })

  app.post<LinkRequest>('/o/:link', START, async (request, reply) => {
    const visit = await visitOf(options, request, reply)
    if (!visit) return reply
    const { operation, link } = visit
    if (operation.cancelRequested) return reply.redirect(`/o/${link}`, 303)
    const run = await runBehind(options, operation)
    if (run === 'resumed') return reply.redirect(`/o/${link}`, 303)
    if (run !== 'lives') return sendPage(reply, outOfSight(visit), 503)
    try {
      const url = await providerPage(options, visit, visitForm.parse(request.body ?? {}).hooks === 'yes')
      // a link and no redirect: browsers apply form-action to a redirect after a POST
      return url ? sendPage(reply, oneMoreStep(operation, url)) : reply.redirect(`/o/${link}/return`, 303)
    } catch (error) {
      if (!(error instanceof PaymentProviderAway)) throw error
      log.warn({ error: error.cause, operation: operation.id }, 'the payment provider gave no page')
      return sendPage(reply, providerUnavailable(visit), 503)
    }
  })

  app.get<LinkRequest>('/o/:link/return', START, async (request, reply) => {
    const visit = await visitOf(options, request, reply)
    if (!visit) return reply
    const { operation, link, customer } = visit
    if (operation.status !== 'waiting_for_you') return reply.redirect(`/o/${link}`, 303)
    await enqueueNudge(db, operation.workflowId)
    const hasChanged = !isSameWait(await nextState(db, operation, customer), operation)
    return reply.redirect(hasChanged ? `/o/${link}` : `/o/${link}?returned=${waitOf(operation)}`, 303)
  })
}

/** Money is only taken while a run lives that delivers for it. A lost run is resumed first. */
async function runBehind(
  { operations, now }: OperationPageOptions,
  { id, waitingFor }: Operation,
): Promise<Liveliness> {
  const takesMoney = waitingFor === 'authentication' || waitingFor === 'payment_method'
  return takesMoney ? operations.resumeIfLost({ id, at: now() }) : 'lives'
}

/** Waits until the operation ends or begins another wait, but at most as long as a person waits for a page. */
const nextState = (db: Db, before: Operation, customer: CustomerId): Promise<Operation> =>
  watchOperation(db, {
    id: before.id,
    customer,
    until: (operation) =>
      isOver(operation) || (operation.waitingUntil !== undefined && !isSameWait(operation, before)),
    withinMs: RETURN_WAIT_MS,
  })

async function pageOf(
  { db, operations }: OperationPageOptions,
  visit: Opened,
  { returned: returnedFrom, keys }: z.output<typeof visitQuery>,
): Promise<Page> {
  const { operation } = visit
  const about = await aboutOf(db, operation)
  switch (operation.status) {
    case 'running':
      return running(visit, await withObstacle(operation, operations.obstacle), about)
    case 'waiting_for_you':
      if (operation.cancelRequested)
        return running(visit, { ...operation, progress: cancellingText(operation) }, about)
      return returnedFrom === waitOf(operation) ? awaitingReport(visit) : waiting(visit, about)
    case 'completed':
      return completed(operation, about, {
        more: about.deal && receipt(visit, about.deal, keys),
        cart: cartOf(visit),
      })
    case 'failed':
    case 'cancelled':
      return notDone(operation, about)
  }
}

async function aboutOf(db: Db, operation: Operation): Promise<About> {
  const { id, story, subject = [] } = operation
  if (story !== publishPackage.story) return { deal: await dealOf(db, id) }
  if (isOver(operation)) return {}
  return { publication: await publicationProgress(db, { operation: id, count: subject.length }) }
}

/** The cart that a person has left to add a card. */
function cartOf({ operation, reply }: Visit): string | undefined {
  const { active, cartItems = 0 } = orgsOfVisitor(reply.request)
  const isForTheCart = operation.story === startAddPaymentMethod.story && active?.id === operation.orgId
  return isForTheCart && cartItems > 0 ? CART : undefined
}

/** Identifies one wait of an operation. A purchase from several vendors may wait for the bank once per vendor. */
const waitOf = ({ waitingUntil }: Operation): string | undefined => waitingUntil?.getTime().toString(36)

const isSameWait = (now: Operation, before: Operation): boolean =>
  now.status === 'waiting_for_you' && waitOf(now) === waitOf(before)

/**
 * Opens a page at the provider. Returns undefined when none is needed any more; the operation also finds that out
 * itself.
 */
async function providerPage(
  { billing, git, publicUrl, now }: OperationPageOptions,
  { operation: { id: operation, orgId: org, waitingFor }, link, customer, reply }: Opened,
  wantsHooks: boolean,
): Promise<string | undefined> {
  const [cancelUrl, at] = [`${publicUrl}/o/${link}`, now()]
  const returnUrl = `${cancelUrl}/return`
  const openedBy = { customer, request: reply.request.id }
  switch (waitingFor) {
    case 'authentication':
      return billing.openBankPage({ operation, org, openedBy, returnUrl, at })
    case 'git_consent':
      return git.openConsentPage({ operation, org, wantsHooks, openedBy, at })
    case 'payment_method':
      return billing.openCardPage({ operation, org, openedBy, successUrl: returnUrl, cancelUrl, at })
    case undefined:
      return undefined
  }
}
