import { createHash } from 'node:crypto'
import { mintId, type OrgId } from '#kernel/ids'
import { addPackage, setPrice } from '#domain/catalogue'
import { publishVersion } from '#domain/publishing'
import { addVendor } from '#domain/vendors'
import { type PackedArchive, packTar } from '#platform/archives'
import type { Db } from '#platform/database'
import type { Storage } from '#platform/storage'
import { VENDORS } from './cast.ts'
import type { DemoPackage, DemoVersion } from './packages/demo-package.ts'
import { demoPackages } from './packages/index.ts'
import { tarOf } from './tar.ts'

export interface PackedVersion extends DemoVersion {
  manifest: Record<string, unknown>
  /** Absent for a metapackage. */
  archive: PackedArchive | undefined
}
export interface PackedPackage extends Omit<DemoPackage, 'versions'> {
  versions: PackedVersion[]
}

/** Packs every version with the function that real publishing uses. */
export async function packDemo(): Promise<PackedPackage[]> {
  const packages: PackedPackage[] = []
  for (const demo of demoPackages()) {
    const versions = await Promise.all(demo.versions.map((version) => packVersion(demo, version)))
    packages.push({ ...demo, versions })
  }
  return packages
}

async function packVersion(demo: DemoPackage, version: DemoVersion): Promise<PackedVersion> {
  const manifest = JSON.parse(version.files['composer.json'] ?? '{}') as Record<string, unknown>
  const archive = demo.type === 'metapackage' ? undefined : await packTar(await tarOf(version.files))
  return { ...version, manifest, archive }
}

export async function storeDemo(storage: Storage, packages: readonly PackedPackage[]): Promise<void> {
  for (const { versions } of packages)
    for (const { archive } of versions) if (archive) await storage.put(archive.zip, archive.sha256)
}

/** Inserts vendors, packages, prices and versions. */
export async function seedCatalogue(
  tx: Db,
  { orgs, packages, at }: { orgs: Map<string, OrgId>; packages: readonly PackedPackage[]; at: Date },
): Promise<void> {
  for (const vendor of VENDORS) {
    const orgId = orgs.get(vendor.org)
    if (!orgId) continue
    const id = mintId('ven', at, Math.random)
    const { slug, name } = vendor
    const stripeAccountId = 'stripeAccountId' in vendor ? vendor.stripeAccountId : undefined
    const payable = stripeAccountId && { payableSince: at, stripeAccountId }
    await addVendor(tx, { id, orgId, slug, name, at, approvedAt: at, ...payable })
    for (const each of packages.filter((pack) => pack.vendor === slug)) await seedPackage(tx, id, each, at)
  }
}

async function seedPackage(tx: Db, vendorId: `ven_${string}`, demo: PackedPackage, at: Date): Promise<void> {
  const id = mintId('pkg', at, Math.random)
  const { name, type, title, summary, hidden = false } = demo
  await addPackage(tx, { id, vendorId, name, type, title, summary, hidden, at })
  for (const price of demo.prices) await setPrice(tx, { packageId: id, ...price, at })
  for (const { tag, releasedAt, files, manifest, archive } of demo.versions) {
    const when = new Date(releasedAt)
    await publishVersion(tx, {
      id: mintId('ver', when, Math.random),
      packageId: id,
      tag,
      // invented hashes, until the sandbox has a Git host
      commitSha: sha1(`commit ${name} ${tag}`),
      treeSha: sha1(`tree ${JSON.stringify(files)}`),
      committedAt: when,
      releasedAt: when,
      manifest,
      readme: files['README.md'],
      changelog: files['CHANGELOG.md'],
      archive,
    })
  }
}

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex')
