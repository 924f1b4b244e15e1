import type { ProjectId } from '#kernel/ids'
import { grantingPackage, isWithin, packageOfProject } from '#domain/licensing'
import { findZip } from '#domain/publishing'
import { type Answer, notFound } from './answer.ts'
import type { ComposerRegistryOptions } from './options.ts'
import { blocked, notLicensed, tooLate } from './refusals.ts'

/**
 * `dist/<vendor>/<package>/<label>-<16 hex of its SHA-256>.zip`: the gate. Clients with a cache or a lock come here
 * without having asked for metadata, so it decides by what the database says now. A withdrawn version goes on.
 */
export async function dist(
  { db, storage, publicUrl }: ComposerRegistryOptions,
  { project, path }: { project: ProjectId; path: string },
): Promise<Answer> {
  const [, name, label, hash] = /^([^/\0]+\/[^/\0]+)\/([^/\0]+)-([0-9a-f]{16})\.zip$/.exec(path) ?? []
  const found = name ? await packageOfProject(db, { project, name }) : undefined
  if (!found || !label || !hash) return notFound
  const zip = await findZip(db, { packageId: found.id, label, hash })
  if (!zip) return notFound
  if (!found.until) return notLicensed(publicUrl, found)
  if (!isWithin(found.until, zip.releasedAt)) {
    const grantedBy = await grantingPackage(db, { project, packageId: found.id })
    return tooLate(publicUrl, { name: found.name, tag: zip.tag, grantedBy })
  }
  const { blockedBecause: because } = zip
  if (because) return blocked(publicUrl, { ...found, tag: zip.tag, because })
  const stored = await storage.open(zip.sha256)
  if (!stored) throw new Error(`the zip of ${found.name} ${label} is not in the storage`)
  return { status: 200, ...stored }
}
