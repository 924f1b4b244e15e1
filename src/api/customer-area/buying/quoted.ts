import { type Quote, quotePurchase, type Purchase } from '#domain/cart'
import { listOrgMembers, type OrgAccess, rolesWith } from '#domain/orgs'
import { asRefusal, DomainError, type Refusal } from '#kernel/errors'
import type { Db } from '#platform/database'
import type { BuyingOptions } from './visit.ts'

/** What a purchase would cost, or why it has no price. */
export type Quoted = { quote: Quote } | { refusal: Refusal }

export async function quoteFor(
  { db, secrets, now }: BuyingOptions,
  org: OrgAccess,
  input: Purchase,
): Promise<Quoted> {
  try {
    return { quote: await quotePurchase(db, { org, input, at: now(), quoteKey: secrets.deriveKey('quote') }) }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return { refusal: asRefusal(error) }
  }
}

/** Among so many members there are some who may buy. */
const MEMBERS_READ = 100
const NAMED = 3

/** Names of members who may buy. */
export async function buyersOf(db: Db, org: OrgAccess): Promise<string[]> {
  const members = await listOrgMembers(db, { org: org.id, limit: MEMBERS_READ })
  const buyers = members.filter(({ role }) => rolesWith('buy').includes(role))
  return buyers.slice(0, NAMED).map(({ displayName }) => displayName)
}
