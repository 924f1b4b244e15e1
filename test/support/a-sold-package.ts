import { addPackage } from '#domain/catalogue'
import { addVendor } from '#domain/vendors'
import { mintId } from '#kernel/ids'
import type { Market } from './demo-market.ts'

/**
 * Makes an org, by default `acme-retail`, a vendor with one package, whose only version 1.0.0 has one check and requires what nobody serves.
 * Returns the package's name.
 */
export async function aSoldPackage(
  { db, org }: Pick<Market, 'db' | 'org'>,
  at: Date,
  slug = 'acme-retail',
): Promise<string> {
  const [vendorId, id, version] = (['ven', 'pkg', 'ver'] as const).map((kind) =>
    mintId(kind, at, Math.random),
  ) as [`ven_${string}`, `pkg_${string}`, `ver_${string}`]
  const name = `${slug}/module-own`
  await addVendor(db, {
    id: vendorId,
    orgId: org(slug),
    slug,
    name: 'Acme Retail',
    at,
    approvedAt: at,
  })
  await addPackage(db, { id, vendorId, name, type: 'metapackage', title: 'Own', summary: '', at })
  await db
    .insertInto('versions')
    .values({
      id: version,
      package_id: id,
      tag: 'v1.0.0',
      label: '1.0.0',
      version_normalized: '1.0.0.0',
      stability: 'stable',
      released_at: at,
      committed_at: at,
      commit_sha: 'c'.repeat(40),
      tree_sha: 'd'.repeat(40),
      manifest: JSON.stringify({ name, type: 'metapackage', require: { [`${slug}/missing`]: '^1.0' } }),
    })
    .execute()
  await db
    .insertInto('version_checks')
    .values({
      version_id: version,
      name: 'manifest',
      status: 'pass',
      message: 'Composer can read it.',
      checked_at: at,
    })
    .execute()
  return name
}
