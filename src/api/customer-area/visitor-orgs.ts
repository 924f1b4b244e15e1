import type { FastifyInstance, FastifyRequest } from 'fastify'
import { countCartItems } from '#domain/cart'
import { may, type OrgAccess, orgsOf } from '#domain/orgs'
import type { Db } from '#platform/database'
import { visitorOf } from './session.ts'

/** The orgs of a signed-in visitor with the current role in each, and the one the visitor works in. */
export interface VisitorOrgs {
  orgs: readonly OrgAccess[]
  /**
   * The org that the visitor chose, while they are a member of it. Otherwise the org of their oldest membership.
   * Undefined without orgs.
   */
  active: OrgAccess | undefined
  /** How many packages are in the cart of the active org. Undefined for a role that has no cart. */
  cartItems: number | undefined
}

const known = new WeakMap<FastifyRequest, VisitorOrgs>()

/** Reads the orgs of a signed-in visitor once per request of this scope, for the layout and the pages. */
export function readVisitorOrgs(app: FastifyInstance, { db }: { db: Db }): void {
  app.addHook('preHandler', async (request) => {
    const session = visitorOf(request)
    if (!session) return
    const orgs = await orgsOf(db, session.customer)
    const active = orgs.find(({ id }) => id === session.activeOrg) ?? orgs[0]
    const hasCart = active && may(active.role, 'fill_cart')
    known.set(request, {
      orgs,
      active,
      cartItems: hasCart ? await countCartItems(db, active.id) : undefined,
    })
  })
}

export const orgsOfVisitor = (request: FastifyRequest): VisitorOrgs =>
  known.get(request) ?? { orgs: [], active: undefined, cartItems: undefined }
