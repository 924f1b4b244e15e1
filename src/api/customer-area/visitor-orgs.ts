import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type OrgAccess, orgsOf } from '#domain/orgs'
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
}

const known = new WeakMap<FastifyRequest, VisitorOrgs>()

/** Reads the orgs of a signed-in visitor once per request of this scope, for the layout and the pages. */
export function readVisitorOrgs(app: FastifyInstance, { db }: { db: Db }): void {
  app.addHook('preHandler', async (request) => {
    const session = visitorOf(request)
    if (!session) return
    const orgs = await orgsOf(db, session.customer)
    known.set(request, { orgs, active: orgs.find(({ id }) => id === session.activeOrg) ?? orgs[0] })
  })
}

export const orgsOfVisitor = (request: FastifyRequest): VisitorOrgs =>
  known.get(request) ?? { orgs: [], active: undefined }
