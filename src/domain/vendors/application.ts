import { isReservedName } from '#domain/orgs'
import { type CustomerId, isId, type OrgId, type VendorId } from '#kernel/ids'
import { looksOf, mixesAlphabets } from '#kernel/look-alikes'
import type { Db } from '../../platform/database.ts'
import {
  ApplicationDiffers,
  VendorNameInvalid,
  VendorTermsNotCurrent,
  VendorWebsiteInvalid,
} from './errors.ts'

/** What an org says about a vendor. */
export interface VendorFacts {
  /** The Composer namespace. */
  slug: string
  name: string
  /** An https URL. */
  website: string
}

/** An application of an org, in any state. An approved one is the vendor itself. */
export interface Application extends Omit<VendorFacts, 'website'> {
  id: VendorId
  /** Undefined for a vendor that never applied. */
  website: string | undefined
  termsVersion: string | undefined
  appliedBy: CustomerId | undefined
  appliedAt: Date
  state: 'open' | 'approved' | 'declined' | 'withdrawn'
  /** Why it was declined, from the operator. */
  reason: string | undefined
  endedAt: Date | undefined
}

/** The version of `/vendor-terms`. A change of that text needs a new version. */
export const VENDOR_TERMS_VERSION = '2026-11-30'

/** Refuses `vendor_terms_not_current`. */
export function assertTermsAreCurrent(version: string): void {
  if (version !== VENDOR_TERMS_VERSION) throw new VendorTermsNotCurrent(VENDOR_TERMS_VERSION)
}

/**
 * Returns name and website as they are stored. The name that is stored already is not checked, because rules are newer than
 * some names. Refuses `vendor_name_invalid` and `vendor_website_invalid`.
 */
export function readFacts({ slug, name: given, website }: VendorFacts, stored?: string): VendorFacts {
  const name = given.trim()
  if (name !== stored) checkName(name)
  return { slug, name, website: readWebsite(website) }
}

function checkName(name: string): void {
  if (!isName(name)) throw new VendorNameInvalid()
  if (mixesAlphabets(name)) throw new VendorNameInvalid('mixed')
  if (isReservedName(name)) throw new VendorNameInvalid('reserved')
}

/** A letter that nothing shows, such as U+3164, does not count. */
function isName(text: string): boolean {
  if (text.length > 100) return false
  const visible = text.replaceAll(INVISIBLE, '').trim()
  const isLine = !/\p{C}|\p{Zl}|\p{Zp}/u.test(text)
  return isLine && visible.length >= 2 && /[\p{L}\p{N}]/u.test(visible)
}
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu

/** Two names with the same result look alike. */
export const foldedName = (name: string): string => looksOf(name).replaceAll(/\s+/g, ' ').trim()

/** Refuses `application_differs` when a given fact is not the stored one, and `vendor_website_invalid`. */
export function assertSameFacts(
  given: { name?: string | undefined; website?: string | undefined },
  known: { slug: string; name: string; website: string | null },
): void {
  const { name, website } = given
  if (name !== undefined && name.trim() !== known.name) throw new ApplicationDiffers(known.slug, 'name')
  if (website !== undefined && readWebsite(website) !== known.website)
    throw new ApplicationDiffers(known.slug, 'website')
}

function readWebsite(given: string): string {
  const url = given.length <= 200 && URL.canParse(given.trim()) ? new URL(given.trim()) : undefined
  const isFine =
    url?.protocol === 'https:' && !url.username && !url.password && /[a-z0-9]\.[a-z]/i.test(url.hostname)
  if (!url || !isFine || url.href.length > 200) throw new VendorWebsiteInvalid()
  return url.href
}

/** The newest ended applications of an org, at most `limit`. */
export async function endedApplications(db: Db, org: OrgId, limit: number): Promise<Application[]> {
  const rows = await ended(db).where('org_id', '=', org).orderBy('ended_at', 'desc').limit(limit).execute()
  return rows.map(asEnded)
}

/** An application of an org, in any state. `id` is unchecked text. */
export async function findApplication(
  db: Db,
  { org, id }: { org: OrgId; id: string },
): Promise<Application | undefined> {
  if (!isId('ven', id)) return undefined
  const vendor = await db
    .selectFrom('vendors')
    .select(['id', 'slug', 'name', 'website', 'terms_version', 'applied_by', 'created_at', 'approved_at'])
    .where('org_id', '=', org)
    .where('id', '=', id)
    .executeTakeFirst()
  if (vendor)
    return {
      ...factsIn(vendor),
      appliedAt: vendor.created_at,
      state: vendor.approved_at ? 'approved' : 'open',
      reason: undefined,
      endedAt: vendor.approved_at ?? undefined,
    }
  const row = await ended(db).where('org_id', '=', org).where('vendor_id', '=', id).executeTakeFirst()
  return row && asEnded(row)
}

/** The org of an application, in any state. Does not check access; the caller has to. */
export async function orgOfApplication(db: Db, id: string): Promise<OrgId | undefined> {
  if (!isId('ven', id)) return undefined
  const open = db.selectFrom('vendors').select('org_id').where('id', '=', id)
  const over = db.selectFrom('ended_applications').select('org_id').where('vendor_id', '=', id)
  return (await open.unionAll(over).executeTakeFirst())?.org_id
}

const ended = (db: Db) =>
  db
    .selectFrom('ended_applications')
    .select(['vendor_id as id', 'slug', 'name', 'website', 'terms_version', 'applied_by'])
    .select(['applied_at', 'outcome', 'reason', 'ended_at'])

const asEnded = (row: Awaited<ReturnType<ReturnType<typeof ended>['executeTakeFirstOrThrow']>>) => ({
  ...factsIn(row),
  appliedAt: row.applied_at,
  state: row.outcome as 'declined' | 'withdrawn',
  reason: row.reason ?? undefined,
  endedAt: row.ended_at,
})

const factsIn = (row: {
  id: VendorId
  slug: string
  name: string
  website: string | null
  terms_version: string | null
  applied_by: CustomerId | null
}) => ({
  id: row.id,
  slug: row.slug,
  name: row.name,
  website: row.website ?? undefined,
  termsVersion: row.terms_version ?? undefined,
  appliedBy: row.applied_by ?? undefined,
})
