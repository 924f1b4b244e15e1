import type { FastifyInstance } from 'fastify'
import { normalEmail, openSession } from '#domain/identity'
import { addMember } from '#domain/orgs'
import type { CustomerId } from '#kernel/ids'
import type { Secrets } from '#platform/secrets'
import { aGuestOf } from './a-share.ts'
import { somebody } from './a-team.ts'
import { aVisitor, type Visitor } from './a-visitor.ts'
import type { Market } from './demo-market.ts'

/** Everybody in the order of the columns of a matrix. */
export const AUDIENCE = [
  'owner',
  'admin',
  'developer',
  'billing',
  'viewer',
  'guest_developer',
  'guest_viewer',
  'stranger',
  'nobody',
] as const
export type Who = (typeof AUDIENCE)[number]

/** The members of the org. */
export const MEMBERS = AUDIENCE.slice(0, 5)

export interface Somebody {
  visitor: Visitor
  /** Undefined for a visitor who is not signed in. */
  customer: CustomerId | undefined
  email: string
}
export type Audience = Record<Who, Somebody>

/**
 * One person for each column, with a session. The members work in `acme-retail`; `buyer` is its owner. The guests are
 * guests of this project and members of no org. The stranger owns another org. `nobody` is not signed in.
 */
export async function anAudience(
  app: FastifyInstance,
  { market, secrets, project }: { market: Market; secrets: Secrets; project: string },
): Promise<Audience> {
  const { db } = market
  const known = (name: string) => ({ customer: market.person(name), email: `${name}@example.test` })
  const org = market.org('acme-retail')
  // people of the sandbox may have other roles in other orgs
  const [admin, developer] = [await somebody(db, 'Ada Admin'), await somebody(db, 'Don Developer')]
  await addMember(db, { org, customer: admin.customer, role: 'admin', at: new Date() })
  await addMember(db, { org, customer: developer.customer, role: 'developer', at: new Date() })
  const guests = { developer: await somebody(db, 'Gus'), viewer: await somebody(db, 'Gil') }
  for (const role of ['developer', 'viewer'] as const)
    await aGuestOf(db, secrets, { org, by: market.person('buyer'), project, role, guest: guests[role] })
  const people = {
    owner: known('buyer'),
    admin,
    developer,
    billing: known('billing'),
    viewer: known('viewer'),
    guest_developer: guests.developer,
    guest_viewer: guests.viewer,
    stranger: known('nocard'),
    nobody: { customer: undefined, email: 'nobody@example.test' },
  }
  const audience: Partial<Audience> = {}
  for (const who of AUDIENCE) {
    const { customer, email } = people[who]
    const visitor = await signedInAs(app, market, customer)
    if (MEMBERS.includes(who)) await visitor.post('/account/active-org', { org: 'acme-retail' })
    audience[who] = { customer, email: normalEmail(email), visitor }
  }
  return audience as Audience
}

/** A browser in which somebody signed in just now. Its last page had a form. */
async function signedInAs(app: FastifyInstance, { db }: Market, customer: CustomerId | undefined) {
  const visitor = aVisitor(app)
  if (customer) {
    const session = {
      customer,
      methods: ['password'],
      at: new Date(),
      from: { network: '192.0.2.1' },
    } as const
    visitor.cookies.set('__Host-session', await openSession(db, session))
  }
  await visitor.get(customer ? '/account' : '/sign-in')
  return visitor
}
