import { expect } from 'vitest'
import { addMember, type OrgAccess, orgForCustomer } from '#domain/orgs'
import type { CustomerId } from '#kernel/ids'
import type { OrgRole } from '../../src/platform/tables.ts'
import { auditOf } from './a-member.ts'
import type { AccountMarket } from './an-account.ts'
import { titleAndMainOf, type Visitor } from './a-visitor.ts'

export const TEAM = '/account/team'

/** Somebody who is signed in in a browser. */
export interface Signed {
  email: string
  id: CustomerId
  browser: Visitor
}
export interface Owner extends Signed {
  org: OrgAccess
}

export async function signedUp(market: AccountMarket): Promise<Signed> {
  const { email, browser } = await market.signsUp()
  const { id } = (await market.customer(email)) ?? {}
  if (!id) throw new Error(`${email} has no account`)
  return { email, id, browser }
}

/** Somebody who has created an org, and works in it. */
export async function anOwner(market: AccountMarket): Promise<Owner> {
  const owner = await signedUp(market)
  const slug = `shop-of-${owner.email.split('@')[0]}`
  await owner.browser.get('/account/orgs/new')
  const made = await owner.browser.post('/account/orgs/new', { name: `Shop of ${owner.email.split('@')[0]}` })
  expect(made.headers.location).toBe(`${TEAM}?saved=created`)
  return { ...owner, org: await orgForCustomer(market.db, owner.id, slug) }
}

/** Another person, who works in the org. */
export async function aColleague(market: AccountMarket, { org }: Owner, role: OrgRole): Promise<Signed> {
  const colleague = await signedUp(market)
  await addMember(market.db, { org: org.id, customer: colleague.id, role, at: market.now() })
  await colleague.browser.get('/account')
  await colleague.browser.post('/account/active-org', { org: org.slug })
  return colleague
}

export const pageOf = async ({ browser }: Signed, path: string): Promise<string> =>
  titleAndMainOf((await browser.get(path)).body)

/** What the chain of the org says, oldest first, such as `create_org done`. */
export const actionsOf = async (market: AccountMarket, { org }: Owner): Promise<string[]> =>
  (await auditOf(market.db, org.id)).map(({ action, outcome }) => `${String(action)} ${String(outcome)}`)
