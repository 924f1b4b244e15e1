import type { ProjectId } from '#kernel/ids'
import { packagesEverHeld } from '#domain/licensing'
import { blockedVersions } from '#domain/publishing'
import type { Answer } from './answer.ts'
import type { ComposerRegistryOptions } from './options.ts'
import { digestOf } from './digest.ts'

/**
 * Returns what a client must not install from its lock file or cache: one constraint per package with blocked versions.
 */
export async function filter({ db }: ComposerRegistryOptions, project: ProjectId): Promise<Answer> {
  const blocked = await blockedVersions(db, await packagesEverHeld(db, project))
  const byPackage = Map.groupBy(blocked, (each) => each.package)
  const malware = Object.fromEntries(
    [...byPackage].map(([name, versions]) => [name, versions.map(({ label }) => label).join(' || ')]),
  )
  const body = { filter: { malware } }
  return { status: 200, body, digest: digestOf(body) }
}
