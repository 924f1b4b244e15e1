import { randomInt } from 'node:crypto'
import { type CustomerId, mintId, type OrgId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { addMember, addOrgOnce } from './org-store.ts'
import { isReservedName } from './reserved-name.ts'

const MAX_SLUG = 40
const TRIES = 10

/**
 * Makes the personal org of a new customer, who owns it. Its slug comes from the address; a taken slug gets a random
 * end, so that it does not reveal other customers. The database refuses a second personal org.
 */
export async function createPersonalOrg(
  tx: Db,
  { customer, email, name, at }: { customer: CustomerId; email: string; name: string; at: Date },
): Promise<OrgId> {
  const id = mintId('org', at, Math.random)
  const base = slugOf(email)
  for (let tried = 0; ; tried++) {
    // more random digits with each try, so that a free slug is found soon
    const slug = tried === 0 ? base : `${base}-${digits(Math.min(3 + tried, 12))}`
    if (await addOrgOnce(tx, { id, slug, name, personalOf: customer, at })) break
    if (tried > TRIES) throw new Error('no free slug was found')
  }
  await addMember(tx, { org: id, customer, role: 'owner', at })
  return id
}

/** The part before the `@`, with only a-z, 0-9 and `-`. Accents are removed. */
function slugOf(email: string): string {
  const local = email.split('@')[0]?.split('+')[0] ?? ''
  const plain = local.normalize('NFKD').toLowerCase().replaceAll(/\p{M}/gu, '')
  const slug = plain
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_SLUG)
    .replaceAll(/^-+|-+$/g, '')
  if (isReservedName(slug)) return `org-of-${digits(6)}`
  return slug.length > 1 ? slug : `org-${slug || 'of'}-${digits(6)}`
}

const digits = (n: number) => Array.from({ length: n }, () => randomInt(10)).join('')
