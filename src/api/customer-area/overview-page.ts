import type { FastifyInstance } from 'fastify'
import { listPaymentMethods } from '#domain/billing'
import { type ListedLicence, listLicences } from '#domain/licensing'
import { listOperations, stoppableOperations } from '#domain/operations'
import { type ListedOrder, listOrders, purchasesOf } from '#domain/orders'
import { may, type OrgAccess } from '#domain/orgs'
import { listProjects } from '#domain/projects'
import { ownInvites } from '#domain/team'
import type { CustomerId, OperationId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { html } from './html.ts'
import { sendPage } from './layout.ts'
import { type OfOther, operationsOfOthers, stopForm, type StopOptions } from './operations-of-others.ts'
import { inviteNotice, type Overview, overviewBody } from './overview-view.ts'
import { withoutOrg } from './lost-org.ts'
import { signedIn } from './session.ts'
import { orgsOfVisitor } from './visitor-orgs.ts'

const SOON_MS = 30 * 24 * 3_600_000
const WAITING_SHOWN = 20
const ORDERS_SHOWN = 5
const COUNTED = 100

/**
 * `/account`: what waits for the visitor in the active org, what others have open and the visitor may stop, what ends
 * soon, and some numbers.
 */
export async function overviewPage(app: FastifyInstance, options: StopOptions): Promise<void> {
  const { db, now } = options
  await stopForm(app, options)
  app.get('/account', async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const { active } = orgsOfVisitor(request)
    const page = { title: 'Overview', heading: active?.name ?? 'Overview' }
    if (!active) {
      const invites = await ownInvites(db, { customer: session.customer, at: now() })
      return sendPage(reply, { ...page, body: html`${invites.map(inviteNotice)} ${withoutOrg}` })
    }
    const overview = await overviewOf(db, { org: active, customer: session.customer, at: now() })
    const others = operationsOfOthers(reply, await openForOthers(db, active, session.customer))
    return sendPage(reply, { ...page, body: html`${overviewBody(overview)} ${others}` })
  })
}

async function overviewOf(
  db: Db,
  { org, customer, at }: { org: OrgAccess; customer: CustomerId; at: Date },
): Promise<Overview> {
  const [waiting, licences, orders, cards, projects, invites] = await Promise.all([
    waitingFor(db, { org, customer }),
    listLicences(db, { org: org.id, limit: COUNTED, at }),
    ordersOf(db, org),
    may(org.role, 'buy') ? listPaymentMethods(db, org.id) : undefined,
    listProjects(db, { org: org.id, limit: COUNTED }),
    ownInvites(db, { customer, at }),
  ])
  return {
    invites,
    waiting,
    endingSoon: licences.filter((licence) => endsSoon(licence, at)),
    isWithoutCard: cards?.length === 0,
    licences: licences.filter(({ status }) => status === 'active').length,
    projects: projects.length,
    orders,
  }
}

async function waitingFor(
  db: Db,
  who: { org: OrgAccess; customer: CustomerId },
): Promise<Overview['waiting']> {
  if (!may(who.org.role, 'buy')) return []
  const operations = await listOperations(db, {
    org: who.org.id,
    customer: who.customer,
    status: 'waiting_for_you',
    // nobody is led to pay for what was cancelled
    isWanted: true,
    limit: WAITING_SHOWN,
  })
  return withPurchases(db, operations)
}

async function openForOthers(db: Db, { id: org }: OrgAccess, customer: CustomerId): Promise<OfOther[]> {
  const open = await stoppableOperations(db, { org, customer, limit: WAITING_SHOWN })
  return withPurchases(db, open)
}

/** Reads what they buy by one statement for all. */
async function withPurchases<Of extends { id: OperationId }>(db: Db, operations: readonly Of[]) {
  const purchases = await purchasesOf(
    db,
    operations.map(({ id }) => id),
  )
  return operations.map((operation) => ({ operation, purchase: purchases.get(operation.id) }))
}

const ordersOf = async (db: Db, org: OrgAccess): Promise<ListedOrder[]> =>
  may(org.role, 'see_orders') ? listOrders(db, { org: org.id, limit: ORDERS_SHOWN }) : []

const endsSoon = ({ status, validUntil }: ListedLicence, at: Date): boolean =>
  status === 'active' && validUntil !== undefined && validUntil.getTime() - at.getTime() < SOON_MS
