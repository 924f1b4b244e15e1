import { randomUUID } from 'node:crypto'
import { expect, vi } from 'vitest'
import { addPackage } from '#domain/catalogue'
import { audit } from '#domain/audit'
import { readOperation } from '#domain/operations'
import type { OrgAccess } from '#domain/orgs'
import {
  applyAsVendor,
  changeApplication,
  listVendors,
  openApplications,
  VENDOR_TERMS_VERSION,
  withdrawApplication,
} from '#domain/vendors'
import { mintId, type OrgId, type VendorId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { inTransaction } from '#platform/transactions'
import { lockWaiters } from './lock-waiters.ts'
import { aPerson } from './mcp.ts'

const AT = new Date('2026-11-30T10:00:00Z')

export const aSlug = () => `v-${randomUUID().slice(0, 8)}`
const facts = (slug = aSlug()) => ({ slug, name: 'Initech Extensions', website: 'https://initech.example' })

/** The owner of a new org, and what they do. */
export async function anApplicant(db: Db, role: OrgAccess['role'] = 'owner') {
  const person = await aPerson(db, { role })
  const org: OrgAccess = { id: person.org.id, slug: person.org.slug, name: 'Initech', role }
  const caller = { customer: person.customer, scopes: [] }
  const of = { by: caller, org, at: AT }
  return {
    ...person,
    org,
    async applies(input: object = {}, { key, approves = false }: { key?: string; approves?: boolean } = {}) {
      const wanted = { ...facts(), terms_version: VENDOR_TERMS_VERSION, ...input }
      const { operation, replayed } = await applyAsVendor(db, {
        caller,
        org,
        input: wanted,
        key,
        approves,
        at: AT,
      })
      const { result } = await readOperation(db, operation)
      return { ...(result as { vendor_id: VendorId; slug: string; status: string }), replayed }
    },
    changes: (id: string, to: object) => changeApplication(db, { ...of, id, facts: { ...facts(), ...to } }),
    withdraws: (id: string) => withdrawApplication(db, { ...of, id }),
    vendors: () => listVendors(db, org.id),
  }
}
/** What the operator who looks now decides about. Without an open application, no mark that exists. */
export async function looksAt(db: Db, slug: string): Promise<{ slug: string; mark: string }> {
  const found = (await openApplications(db)).find((each) => each.slug === slug)
  return { slug, mark: found?.mark ?? '0' }
}

/** The code of a refusal. Undefined when it is not refused. */
export const codeOf = (doing: Promise<unknown>): Promise<string | undefined> =>
  doing.then(
    () => undefined,
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  )
/** The mails about the end of an application. */
export const mailsAbout = (db: Db, id: string) =>
  db
    .selectFrom('mails')
    .select(['kind', 'to_address', 'data'])
    .where('key', 'like', `vendor_%:${id}:%`)
    .execute()

/** Runs both at once. When the second one starts, the first one has written everything but its audit event of this org. */
export async function inTurn<A, B>(
  db: Db,
  org: OrgId,
  first: () => Promise<A>,
  second: () => Promise<B>,
): Promise<[A, B]> {
  return inTransaction(db, async (tx) => {
    await audit(tx, { chain: `org:${org}`, action: 'holds_the_chain', outcome: 'done', org })
    const began = first()
    await vi.waitFor(async () => expect(await lockWaiters(db)).toBe(1), { timeout: 10_000 })
    const followed = second()
    await vi.waitFor(async () => expect(await lockWaiters(db)).toBe(2), { timeout: 10_000 })
    return [began, followed] as const
  }).then((both) => Promise.all(both))
}

/** A package of a vendor, also of one that is not approved, with one version. */
export async function aVersionOf(db: Db, vendorId: VendorId, name: string) {
  const [id, version] = [mintId('pkg', AT, Math.random), mintId('ver', AT, Math.random)]
  await addPackage(db, { id, vendorId, name, type: 'metapackage', title: 'A', summary: '', at: AT })
  await db
    .insertInto('versions')
    .values({
      id: version,
      package_id: id,
      tag: 'v1.0.0',
      label: '1.0.0',
      version_normalized: '1.0.0.0',
      stability: 'stable',
      released_at: AT,
      committed_at: AT,
      commit_sha: 'c'.repeat(40),
      tree_sha: 'd'.repeat(40),
      manifest: JSON.stringify({ name, type: 'metapackage' }),
    })
    .execute()
  return version
}
