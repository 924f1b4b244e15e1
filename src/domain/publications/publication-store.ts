import type { OperationId, OrgId, PackageId, VendorId } from '#kernel/ids'
import { beginOperation, operationContext } from '#domain/operations'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { assertMayStillPublish, publishingVendor } from './publisher.ts'

/** Names one repository of an operation. */
export interface PublicationRef {
  operation: OperationId
  /** 1 for the first repository. */
  position: number
}

export interface Publication extends PublicationRef {
  org: OrgId
  vendor: VendorId
  slug: string
  host: string
  path: string
  /** The host's id. Undefined until the repository was reached. */
  repository: string | undefined
  /** What the newest version tag says. */
  manifest: PublicationManifest | undefined
  /** The package that this operation created. */
  package: PackageId | undefined
}

export interface PublicationManifest {
  name: string
  type: string
  title: string
  summary: string
}

export interface Address {
  host: string
  path: string
}

/** The request of an operation of `publish_package`. */
export async function publicationRequest(db: Db, operation: OperationId) {
  const { started } = await operationContext(db, operation)
  if (started.story !== 'publish_package') throw new TypeError(`${started.story} publishes nothing`)
  return started.input
}

/**
 * Begins an operation: notes each of its repositories once. A second run changes nothing. Refuses `not_allowed` and what
 * `publishingVendor` refuses.
 */
export async function openPublications(
  db: Db,
  { operation, addresses, at }: { operation: OperationId; addresses: readonly Address[]; at: Date },
): Promise<(PublicationRef & Address)[]> {
  return inTransaction(db, async (tx) => {
    const begun = await beginOperation(tx, operation, at)
    const org = await assertMayStillPublish(tx, begun)
    const { vendor: slug } = await publicationRequest(tx, operation)
    const vendor = await publishingVendor(tx, { org: org.id, slug })
    const rows = addresses.map(({ host, path }, index) => ({ operation, position: index + 1, host, path }))
    await tx
      .insertInto('publications')
      .values(
        rows.map(({ host, path, position }) => ({
          operation_id: operation,
          position,
          vendor_id: vendor.id,
          host,
          path,
        })),
      )
      .onConflict((on) => on.doNothing())
      .execute()
    return rows
  })
}

/** Uses the primary key. */
export async function findPublication(db: Db, ref: PublicationRef): Promise<Publication> {
  return asPublication(await publications(db, ref).executeTakeFirstOrThrow())
}

/** Locks the row. Undefined when the undo has run, so that a late attempt does nothing. */
export async function lockPublication(tx: Db, ref: PublicationRef): Promise<Publication | undefined> {
  const row = await publications(tx, ref).forUpdate('p').executeTakeFirstOrThrow()
  return row.undone_at ? undefined : asPublication(row)
}

/** Call it first in the transaction of the undo. From now on `lockPublication` returns undefined. */
export async function undoPublication(tx: Db, ref: PublicationRef, at: Date): Promise<PackageId | undefined> {
  const row = await publications(tx, ref).forUpdate('p').executeTakeFirst()
  if (!row) return undefined
  if (!row.undone_at) await set(tx, ref, { undone_at: at })
  return row.package_id ?? undefined
}

export const noteRepository = (db: Db, ref: PublicationRef, repository: string): Promise<void> =>
  set(db, ref, { repository_id: repository })

export const noteManifest = (db: Db, ref: PublicationRef, manifest: PublicationManifest): Promise<void> =>
  set(db, ref, manifest)

export const notePackage = (db: Db, ref: PublicationRef, created: PackageId): Promise<void> =>
  set(db, ref, { package_id: created })

async function set(
  db: Db,
  { operation, position }: PublicationRef,
  values: Partial<{ repository_id: string; package_id: PackageId; undone_at: Date } & PublicationManifest>,
): Promise<void> {
  await db
    .updateTable('publications')
    .set(values)
    .where('operation_id', '=', operation)
    .where('position', '=', position)
    .execute()
}

const publications = (db: Db, { operation, position }: PublicationRef) =>
  db
    .selectFrom('publications as p')
    .innerJoin('vendors as v', 'v.id', 'p.vendor_id')
    .select(['p.operation_id', 'p.position', 'p.vendor_id', 'p.host', 'p.path', 'p.repository_id'])
    .select(['p.name', 'p.type', 'p.title', 'p.summary', 'p.package_id', 'p.undone_at'])
    .select(['v.org_id', 'v.slug'])
    .where('p.operation_id', '=', operation)
    .where('p.position', '=', position)

type Row = Awaited<ReturnType<ReturnType<typeof publications>['executeTakeFirstOrThrow']>>

function asPublication(row: Row): Publication {
  const { name, type, title, summary } = row
  const isRead = name !== null && type !== null && title !== null && summary !== null
  return {
    operation: row.operation_id,
    position: row.position,
    org: row.org_id,
    vendor: row.vendor_id,
    slug: row.slug,
    host: row.host,
    path: row.path,
    repository: row.repository_id ?? undefined,
    manifest: isRead ? { name, type, title, summary } : undefined,
    package: row.package_id ?? undefined,
  }
}
