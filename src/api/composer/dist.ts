import type { ProjectId } from '#kernel/ids'
import {
  grantingPackage,
  isWithin,
  packageOfProject,
  type ZipOfProject,
  zipOfProject,
} from '#domain/licensing'
import type { Db } from '#platform/database'
import { type Answer, notFound } from './answer.ts'
import { buyIt } from './metadata.ts'
import type { ComposerRegistryOptions } from './options.ts'
import { blocked, tooLate } from './refusals.ts'
import type { openZips } from './zips.ts'

/**
 * `dist/<vendor>/<package>/<label>-<16 hex of its SHA-256>.zip`. Clients with a cache or a lock file request zips
 * without reading metadata first, so each request checks the licence in the database. A withdrawn version is still
 * served.
 */
export async function dist(
  options: ComposerRegistryOptions,
  { project, path, zipOf }: { project: ProjectId; path: string; zipOf: ReturnType<typeof openZips> },
): Promise<Answer> {
  const { db, publicUrl } = options
  const [, name, label, hash] = /^([^/\0]+\/[^/\0]+)\/([^/\0]+)-([0-9a-f]{16})\.zip$/.exec(path) ?? []
  const zip = name && label && hash && (await zipOfProject(db, { project, name, label, hash }))
  if (!zip) return notFound
  const { packageId, until, tag, blockedBecause: because } = zip
  if (!until) return buyIt(options, await shown(db, zip))
  if (!isWithin(until, zip.releasedAt)) {
    const grantedBy = await grantingPackage(db, { project, packageId })
    return tooLate(publicUrl, { name: zip.name, tag, grantedBy })
  }
  if (because) return blocked(publicUrl, { ...(await shown(db, zip)), tag, because })
  const stored = await zipOf(zip.sha256)
  if (!stored) throw new Error(`the zip of ${zip.name} ${label} is not in the storage`)
  return { status: 200, ...stored }
}

/** Reads what a refusal says about a package. Only refusals need it. */
async function shown(db: Db, { name }: ZipOfProject): Promise<{ name: string; isPublic: boolean }> {
  const found = await packageOfProject(db, { project: undefined, name })
  return { name, isPublic: found?.isPublic ?? false }
}
