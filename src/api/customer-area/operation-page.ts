import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type Billing, PaymentProviderAway } from '#domain/billing'
import { awaitedGitHost, type Git } from '#domain/git'
import {
  CANCEL_REQUESTED,
  enqueueNudge,
  isOver,
  type Liveliness,
  type Operation,
  operationByLink,
  type Operations,
  watchOperation,
  withObstacle,
} from '#domain/operations'
import { liveRole, may, type Permission } from '#domain/orgs'
import { dealOf } from '#domain/orders'
import type { CustomerId } from '#kernel/ids'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'
import { noteOrg } from './audit-refusals.ts'
import { notFoundPage, type Page, sendPage } from './layout.ts'
import {
  awaitingReport,
  completed,
  notDone,
  notYours,
  oneMoreStep,
  outOfSight,
  providerUnavailable,
  running,
  type Visit,
  waiting,
} from './operation-view.ts'
import { signedIn } from './session.ts'
import { START } from './visit-limits.ts'

export interface OperationPageOptions {
  db: Db
  operations: Pick<Operations, 'obstacle' | 'resumeIfLost'>
  billing: Billing
  git: Git
  publicUrl: string
  now: () => Date
  log: Logger
}

/** How long the page after the bank waits for the operation to change, in ms. */
const RETURN_WAIT_MS = 5_000
const LINK = /^[\w-]{43}$/

interface LinkRequest {
  Params: { link: string }
}

/** A field that is sent twice counts as missing. */
const visitQuery = z.object({ returned: z.string().optional().catch(undefined) })
const visitForm = z.object({ hooks: z.string().optional().catch(undefined) })

/**
 * `/o/<link>`: the page that an assistant shows to its user. It opens only for the customer who started the operation.
 * It shows the purchase, leads to the bank or to the card page, and afterwards shows how the operation ended.
 */
export async function operationPages(app: FastifyInstance, options: OperationPageOptions): Promise<void> {
  const { db, log } = options

  app.get<LinkRequest>('/o/:link', async (request, reply) => {
    const visit = await visitOf(request, reply)
    if (!visit) return reply
    return sendPage(reply, await pageOf(options, visit, visitQuery.parse(request.query).returned))
  })

  app.post<LinkRequest>('/o/:link', START, async (request, reply) => {
    const visit = await visitOf(request, reply)
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
    const visit = await visitOf(request, reply)
    if (!visit) return reply
    const { operation, link, customer } = visit
    if (operation.status !== 'waiting_for_you') return reply.redirect(`/o/${link}`, 303)
    await enqueueNudge(db, operation.workflowId)
    const hasChanged = !isSameWait(await nextState(db, operation, customer), operation)
    return reply.redirect(hasChanged ? `/o/${link}` : `/o/${link}?returned=${waitOf(operation)}`, 303)
  })

  /** Returns the visit when the link belongs to the visitor. Otherwise sends a response and returns undefined. */
  async function visitOf(request: FastifyRequest<LinkRequest>, reply: FastifyReply) {
    const session = await signedIn(request, reply)
    if (!session) return undefined
    const { link } = request.params
    const operation = LINK.test(link) ? await operationByLink(db, link) : undefined
    if (!operation) return void sendPage(reply, notFoundPage, 404)
    const role =
      operation.askedBy === session.customer
        ? await liveRole(db, operation.orgId, session.customer)
        : undefined
    if (role) noteOrg(request, { id: operation.orgId })
    if (!role || !may(role, permissionFor(operation))) return void sendPage(reply, notYours, 403)
    const gitHost = await gitHostOf(options, operation)
    return { operation, link, reply, customer: session.customer, gitHost }
  }
}

/** Money is only taken while a run lives that delivers for it. A lost run is resumed first. */
async function runBehind(
  { operations, now }: OperationPageOptions,
  { id, waitingFor }: Operation,
): Promise<Liveliness> {
  const takesMoney = waitingFor === 'authentication' || waitingFor === 'payment_method'
  return takesMoney ? operations.resumeIfLost({ id, at: now() }) : 'lives'
}

/** What a person has to be allowed to do to open the page of an operation. */
const permissionFor = ({ story }: Operation): Permission =>
  PUBLISHING.includes(story) ? 'manage_git' : 'buy'

const PUBLISHING = ['start_git_integration', 'publish_package', 'bootstrap_vendor']

async function gitHostOf({ db, git }: OperationPageOptions, operation: Operation): Promise<Visit['gitHost']> {
  if (operation.waitingFor !== 'git_consent') return undefined
  const name = await awaitedGitHost(db, { operation: operation.id, org: operation.orgId })
  return git.hosts.find(({ host }) => host === name)
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
  visit: Visit,
  returnedFrom: string | undefined,
): Promise<Page> {
  const { operation } = visit
  const deal = await dealOf(db, operation.id)
  switch (operation.status) {
    case 'running':
      return running(await withObstacle(operation, operations.obstacle))
    case 'waiting_for_you':
      if (operation.cancelRequested) return running({ ...operation, progress: CANCEL_REQUESTED })
      return returnedFrom === waitOf(operation) ? awaitingReport(visit) : waiting(visit, deal)
    case 'completed':
      return completed(operation, deal)
    case 'failed':
    case 'cancelled':
      return notDone(operation, deal)
  }
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

type Opened = Visit & { customer: CustomerId }
