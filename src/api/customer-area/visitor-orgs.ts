import type { FastifyInstance, FastifyRequest } from 'fastify'
import { countCartItems } from '#domain/cart'
import { may, nameOfOrg, type OrgAccess, orgsOf } from '#domain/orgs'
import type { OrgId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { visitorOf } from './session.ts'

/** The orgs of a signed-in visitor with the current role in each, and the one the visitor works in. */
export interface VisitorOrgs {
  orgs: readonly OrgAccess[]
  /**
   * The org that the visitor chose, or in which the sign-in began. Undefined without orgs, and after the visitor has lost
   * it: never another org, until they choose one.
   */
  active: OrgAccess | undefined
  /** The name of the org that the visitor worked in and has lost: they left it, were removed, or it was deleted. */
  lost?: string
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
    const { activeOrg: chosen } = session
    // a person who was in no org at the sign-in has nothing chosen and nothing lost
    const active = chosen ? orgs.find(({ id }) => id === chosen) : orgs[0]
    const lost = chosen && !active ? await nameOfOrg(db, chosen) : undefined
    const hasCart = active && may(active.role, 'fill_cart')
    known.set(request, {
      orgs,
      active,
      ...(lost !== undefined && { lost }),
      cartItems: hasCart ? await countCartItems(db, active.id) : undefined,
    })
  })
}

/** The visitor's access to an org. Undefined when the visitor is not a member; the caller then answers "not found". */
export const ownOrg = (request: FastifyRequest, id: OrgId | undefined): OrgAccess | undefined =>
  orgsOfVisitor(request).orgs.find((org) => org.id === id)

export const orgsOfVisitor = (request: FastifyRequest): VisitorOrgs =>
  known.get(request) ?? { orgs: [], active: undefined, cartItems: undefined }
