import { sql } from 'kysely'
import type { OrgId, VendorId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { VendorSlugInvalid, VendorSlugReserved, VendorSlugSimilar, VendorSlugTaken } from './errors.ts'
import { RESERVED_SLUGS } from './reserved-slugs.ts'

/** Composer's rule for the first part of a name: https://getcomposer.org/doc/04-schema.md#name */
const SLUG = /^[a-z0-9]+([_.-][a-z0-9]+)*$/
const isSlug = (text: string) => text.length >= 2 && text.length <= 50 && SLUG.test(text)

/** What two slugs that look alike have in common. The same rule for a column is `looksOf`. */
const looks = (slug: string) => slug.replaceAll(/[_.-]/g, '').replaceAll('0', 'o').replaceAll('1', 'l')
const looksOf = (column: string) => sql<string>`translate(${sql.ref(column)}, '01_.-', 'ol')`

const RESERVED = new Set(RESERVED_SLUGS.map(looks))
const MARKET = /^(the)?packagento/
const isReserved = (slug: string) => RESERVED.has(looks(slug)) || MARKET.test(looks(slug))

/**
 * Refuses `vendor_slug_invalid`, `vendor_slug_reserved`, `vendor_slug_taken` and `vendor_slug_similar`. Call it under
 * `lockSlugs`. A slug that differs from one of another org only by separators, or by 0 and o or 1 and l, is similar; one
 * that differs so from a reserved one is reserved.
 */
export async function assertSlugIsFree(
  tx: Db,
  { slug, org, except }: { slug: string; org: OrgId; except?: VendorId },
): Promise<void> {
  if (!isSlug(slug)) throw new VendorSlugInvalid(suggestionFor(slug))
  if (isReserved(slug)) throw new VendorSlugReserved(slug)
  const found = await tx
    .selectFrom('vendors')
    .select('slug')
    .where(looksOf('slug'), '=', looks(slug))
    .where((where) => where.or([where('slug', '=', slug), where('org_id', '<>', org)]))
    .$if(except !== undefined, (query) => query.where('id', '<>', except ?? 'ven_'))
    .execute()
  if (found.some((each) => each.slug === slug)) throw new VendorSlugTaken(slug)
  if (found.length) throw new VendorSlugSimilar(slug)
}

function suggestionFor(text: string): string | undefined {
  const nearly = text.trim().toLowerCase().replace(/\s+/g, '-')
  return isSlug(nearly) && !isReserved(nearly) ? nearly : undefined
}

/** One application at a time, so that two similar slugs cannot be taken at once. */
export async function lockSlugs(tx: Db): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('vendor slugs'))`.execute(tx)
}
