import { createHash } from 'node:crypto'
import type { OrgId, VendorId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { foldedName } from './application.ts'

export interface OpenApplication {
  id: VendorId
  slug: string
  name: string
  website: string | undefined
  /** Slug of the org. */
  org: string
  appliedAt: Date
  changedAt: Date | undefined
  /** Names what the operator saw: each change of the application gives another one. */
  mark: string
  /** Slugs of other orgs' vendors and applications whose name looks the same, in order. */
  namesakes: string[]
}

/** All open applications, oldest first. Uses the index `vendor_applications`. */
export async function openApplications(db: Db): Promise<OpenApplication[]> {
  const rows = await db
    .selectFrom('vendors as v')
    .innerJoin('orgs as o', 'o.id', 'v.org_id')
    .select([
      'v.id',
      'v.slug',
      'v.name',
      'v.website',
      'v.org_id',
      'o.slug as org',
      'v.created_at',
      'v.changed_at',
    ])
    .where('v.approved_at', 'is', null)
    .orderBy('v.id')
    .execute()
  const named = await vendorsByName(db)
  return rows.map(({ website, org_id, created_at, changed_at, ...row }) => ({
    ...row,
    website: website ?? undefined,
    appliedAt: created_at,
    changedAt: changed_at ?? undefined,
    mark: markOf({ ...row, website, changed_at }),
    namesakes: (named.get(foldedName(row.name)) ?? [])
      .filter((each) => each.org_id !== org_id)
      .map(({ slug }) => slug),
  }))
}

/** Reads all vendors, because the database folds names by its locale. Only the operator's list needs it. */
async function vendorsByName(db: Db): Promise<Map<string, { slug: string; org_id: OrgId }[]>> {
  const vendors = await db.selectFrom('vendors').select(['slug', 'name', 'org_id']).orderBy('slug').execute()
  return Map.groupBy(vendors, ({ name }) => foldedName(name))
}

/** 64 bits, since an applicant who finds other facts with the same mark would get them approved unseen. */
export const markOf = (row: {
  id: VendorId
  name: string
  website: string | null
  changed_at: Date | null
}): string =>
  createHash('sha256')
    .update(JSON.stringify([row.id, row.name, row.website, row.changed_at]))
    .digest('hex')
    .slice(0, 16)
