import { type SqlBool, sql } from 'kysely'
import type { OrgId, VendorId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { VendorSlugInvalid, VendorSlugReserved, VendorSlugSimilar, VendorSlugTaken } from './errors.ts'

/** Composer's rule for the first part of a name: https://getcomposer.org/doc/04-schema.md#name */
const SLUG = /^[a-z0-9]+([_.-][a-z0-9]+)*$/
const isSlug = (text: string) => text.length >= 2 && text.length <= 50 && SLUG.test(text)

/**
 * Namespaces that every Magento installation takes from other repositories. Our registry answers for all names of its
 * vendors, so whoever had one of these could replace what others publish. The operator checks all the rest.
 */
const RESERVED = new Set(
  `adobe adobe-commerce adobe-ims adobe-stock braintree colinmollenhour composer dealerdirect doctrine dotdigital
  elasticsearch elastic ezyang fidry firebase google guzzlehttp hyva-themes illuminate klarna laminas league
  league-php magento magento-ece magento-hackathon mage-os monolog nikic open-telemetry opensearch opensearch-project
  packagist paypal pelago pear-pear php php-amqplib phpcompatibility phpseclib phpstan phpunit predis psr ramsey
  react rector sebastian seld spomky-labs squizlabs stripe swissup symfony tedivm temando tubalmartin
  twig vertex webimpress webonyx wikimedia yotpo zendframework admin account api docs ext lib oauth root security
  support system test vendor`
    .split(/\s+/)
    .filter(Boolean),
)
const isReserved = (slug: string) => RESERVED.has(slug) || slug.startsWith('packagento')

/**
 * Refuses `vendor_slug_invalid`, `vendor_slug_reserved`, `vendor_slug_taken` and `vendor_slug_similar`. Call it under
 * `lockSlugs`. A slug that differs from one of another org only by separators, or by 0 and o or 1 and l, is similar.
 */
export async function assertSlugIsFree(
  tx: Db,
  { slug, org, except }: { slug: string; org: OrgId; except?: VendorId },
): Promise<void> {
  if (!isSlug(slug)) throw new VendorSlugInvalid(suggestionFor(slug))
  if (isReserved(slug)) throw new VendorSlugReserved(slug)
  const looks = (text: ReturnType<typeof sql>) => sql`translate(${text}, '01_.-', 'ol')`
  const found = await tx
    .selectFrom('vendors')
    .select('slug')
    .where(sql<SqlBool>`${looks(sql.ref('slug'))} = ${looks(sql`${slug}::text`)}`)
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
