import { type AdvisoryId, type CustomerId, mintId, type OrgId, type PackageId } from '#kernel/ids'
import { audit } from '#domain/audit'
import { assertOperator } from '#domain/identity'
import { appendToLog } from '#domain/transparency'
import { assertMay, type Caller, lockForMember, type OrgAccess } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { affectedVersions } from './affected-versions.ts'
import { AdvisoryExists, PackageToPublishNotFound, ShownFieldIsInvalid } from './errors.ts'
import { shownText } from './shown-text.ts'

export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

export interface NewAdvisory {
  /** A member of the vendor's org, or an operator. */
  by: { caller: Caller; org: OrgAccess } | { operator: CustomerId }
  /** Composer name. */
  package: string
  /** A constraint such as `^1.0` or `>=1.0,<1.2.3`. */
  affectedVersions: string
  /** One line of at most 150 characters. */
  title: string
  severity: Severity
  /** Such as `CVE-2026-12345`. */
  cve?: string | undefined
  /** An https URL with more information. */
  link?: string | undefined
  at: Date
}

/**
 * Files an advisory. Everybody who may install the package sees it at the next `composer audit`. Audited in the
 * vendor's org. Refuses `not_allowed`, `not_an_operator`, `package_not_found` (also for another vendor's package),
 * `advisory_exists` for the same CVE, and `<field>_invalid` for a field that Composer cannot read or show.
 */
export async function fileAdvisory(db: Db, advisory: NewAdvisory): Promise<AdvisoryId> {
  const { by, at } = advisory
  if ('org' in by) assertMay(by.org, 'publish')
  const fields = fieldsOf(advisory)
  return inTransaction(db, async (tx) => {
    if ('operator' in by) await assertOperator(tx, by.operator)
    else await lockForMember(tx, by, 'publish')
    const found = await packageOf(tx, advisory)
    const id = mintId('adv', at, Math.random)
    const customer = 'operator' in by ? by.operator : by.caller.customer
    const { numInsertedOrUpdatedRows: inserted } = await tx
      .insertInto('advisories')
      .values({ id, package_id: found.id, ...fields, filed_by: customer, reported_at: at })
      .onConflict((on) => on.columns(['package_id', 'cve']).doNothing())
      .executeTakeFirstOrThrow()
    if (!inserted) throw new AdvisoryExists(advisory.package, fields.cve ?? '')
    await appendToLog(tx, { kind: 'advisory_filed', advisory: id })
    await audit(tx, {
      chain: `org:${found.org}`,
      action: 'file_advisory',
      outcome: 'done',
      customer,
      ...('caller' in by && { connection: by.caller.connection }),
      org: found.org,
      object: id,
      detail: { package: found.id },
    })
    return id
  })
}

function fieldsOf({ affectedVersions: text, title, severity, cve, link }: NewAdvisory) {
  const affected = affectedVersions(text)
  if (cve !== undefined && !/^CVE-\d{4}-\d{4,10}$/.test(cve))
    throw new ShownFieldIsInvalid('cve', 'a number such as CVE-2026-12345')
  return {
    affected_versions: affected,
    title: shownText('title', title, 150),
    severity,
    cve: cve ?? null,
    link: link === undefined ? null : httpsUrl(link),
  }
}

function httpsUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'https:' || url.username || url.password || url.href.length > 300)
    throw new ShownFieldIsInvalid('link', 'a URL that begins with https://, of at most 300 characters')
  return url.href
}

/** A member of a vendor's org finds only the packages of that vendor. */
async function packageOf(tx: Db, { by, package: name }: NewAdvisory): Promise<{ id: PackageId; org: OrgId }> {
  const found = await tx
    .selectFrom('packages as p')
    .innerJoin('vendors as v', 'v.id', 'p.vendor_id')
    .select(['p.id', 'v.org_id as org'])
    .where('p.name', '=', name)
    .$if('org' in by, (query) => query.where('v.org_id', '=', 'org' in by ? by.org.id : 'org_'))
    .executeTakeFirst()
  if (!found) throw new PackageToPublishNotFound(name)
  return found
}

export interface Advisory {
  id: AdvisoryId
  packageId: PackageId
  affectedVersions: string
  title: string
  severity: Severity
  cve: string | undefined
  link: string | undefined
  reportedAt: Date
}

/** The advisories of these packages, newest first. Uses the index `advisories_package_id_cve_key`. */
export async function advisoriesOf(db: Db, packages: readonly PackageId[]): Promise<Advisory[]> {
  if (!packages.length) return []
  const rows = await db
    .selectFrom('advisories')
    .select(['id', 'package_id', 'affected_versions', 'title', 'severity', 'cve', 'link', 'reported_at'])
    .where('package_id', 'in', packages)
    .orderBy('id', 'desc')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    packageId: row.package_id,
    affectedVersions: row.affected_versions,
    title: row.title,
    severity: row.severity as Severity,
    cve: row.cve ?? undefined,
    link: row.link ?? undefined,
    reportedAt: row.reported_at,
  }))
}
