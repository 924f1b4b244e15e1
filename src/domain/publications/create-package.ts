import type { PackageId, VendorId } from '#kernel/ids'
import { audit, by } from '#domain/audit'
import { addPackage, deletePackage as deletePackageRow, packageNamed } from '#domain/catalogue'
import { beginOperation, operationContext, OperationIsOver } from '#domain/operations'
import { lockOrg } from '#domain/orgs'
import { lockVendor } from '#domain/vendors'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { NameIsOutsideNamespace, PackageHasAnotherRepository } from './errors.ts'
import {
  findPublication,
  lockPublication,
  notePackage,
  type Publication,
  type PublicationRef,
  undoPublication,
} from './publication-store.ts'
import { assertMayStillPublish, publishingVendor } from './publisher.ts'
import { repositoryOfPackage } from './repository-of-package.ts'

export interface CreatedPackage {
  id: PackageId
  name: string
  /** False: the vendor published it before. */
  isNew: boolean
}

/**
 * Creates the package of a repository. A package of this name that exists already is returned as it is. It may run
 * twice. Refuses `not_allowed`, `vendor_not_approved`, `name_not_in_namespace`, and `operation_is_over` after its undo.
 */
export async function createPackage(
  db: Db,
  { ref, id, at }: { ref: PublicationRef; id: PackageId; at: Date },
): Promise<CreatedPackage> {
  return inTransaction(db, async (tx) => {
    const begun = await beginOperation(tx, ref.operation, at)
    await lockOrg(tx, begun.orgId)
    await assertMayStillPublish(tx, begun)
    const publication = await lockPublication(tx, ref)
    if (!publication) throw new OperationIsOver(ref.operation)
    const { org, slug, vendor, manifest } = publication
    if (!manifest) throw new TypeError(`the manifest of ${ref.operation}/${ref.position} was not read`)
    await publishingVendor(tx, { org, slug })
    assertNamespace(publication, manifest.name)
    // two publications of a name wait for each other here
    await lockVendor(tx, vendor)
    const known = await packageNamed(tx, manifest.name)
    if (known) return adopted(tx, publication, { id: known.id, name: manifest.name, at })
    await addPackage(tx, { id, vendorId: vendor, ...manifest, at })
    await notePackage(tx, ref, id)
    await audit(tx, {
      chain: `org:${org}`,
      action: 'create_package',
      outcome: 'done',
      ...by((await operationContext(tx, ref.operation)).caller),
      org,
      object: id,
      operation: ref.operation,
      detail: { package: manifest.name },
    })
    return { id, name: manifest.name, isNew: true }
  })
}

/** A package that exists. From now on the operation that created it does not delete it any more. */
async function adopted(
  tx: Db,
  { package: own, host, repository }: Publication,
  { id, name, at }: { id: PackageId; name: string; at: Date },
): Promise<CreatedPackage> {
  if (id === own) return { id, name, isNew: true }
  const followed = await repositoryOfPackage(tx, id)
  if (followed && (followed.host !== host || followed.id !== repository))
    throw new PackageHasAnotherRepository(name)
  await tx
    .insertInto('package_syncs')
    .values({ package_id: id, next_look_at: at })
    .onConflict((on) => on.doNothing())
    .execute()
  return { id, name, isNew: false }
}

export function assertNamespace({ slug }: Pick<Publication, 'slug'>, name: string): void {
  if (!name.startsWith(`${slug}/`)) throw new NameIsOutsideNamespace(slug)
}

/** Undoes `createPackage`. A package that existed before stays. */
export async function deletePackage(db: Db, { ref, at }: { ref: PublicationRef; at: Date }): Promise<void> {
  await inTransaction(db, async (tx) => {
    const { vendor } = await findPublication(tx, ref)
    await lockVendor(tx, vendor)
    const created = await undoPublication(tx, ref, at)
    if (!created || (await isAdopted(tx, created)) || !(await deletePackageRow(tx, created))) return
    const { caller, orgId: org } = await operationContext(tx, ref.operation)
    await audit(tx, {
      chain: `org:${org}`,
      action: 'delete_package',
      outcome: 'done',
      ...by(caller),
      org,
      object: created,
      operation: ref.operation,
    })
  })
}

/** As `isAdopted`. No other operation can adopt the package until the transaction ends. */
export async function lockAdoption(
  tx: Db,
  { id, vendor }: { id: PackageId; vendor: VendorId },
): Promise<boolean> {
  await lockVendor(tx, vendor)
  return isAdopted(tx, id)
}

/** Whether somebody else publishes the package by now, or its tags were looked at. Then no undo may touch it. */
async function isAdopted(db: Db, id: PackageId): Promise<boolean> {
  const row = await db
    .selectFrom('package_syncs')
    .select('package_id')
    .where('package_id', '=', id)
    .executeTakeFirst()
  return row !== undefined
}
