import { syncRun } from '#contracts/ids'
import type { TagsOfRepository } from '#contracts/sync-package'
import type { Refusal } from '#kernel/errors'
import type { PackageId } from '#kernel/ids'
import * as publications from '#domain/publications'
import { noteMissing } from '#domain/publishing'
import type { Dependencies } from './dependencies.ts'
import type { StepInput } from './orders.ts'

interface PackageStep {
  packageId: PackageId
  /** ISO, UTC. */
  at: string
}

/** Steps around a look at the tags of a package. Those that use Git are in `versions.ts`. */
export function syncActivities({ db, log }: Pick<Dependencies, 'db' | 'log'>) {
  return {
    /** Asks for a look and watches it. Returns the number of the request. */
    async askForSync({
      operationId,
      position,
      packageId,
      at,
    }: StepInput & { packageId: PackageId; position: number }): Promise<number> {
      const watcher = { operation: operationId, step: `lookAtSync:line_${position}` }
      return publications.askOnce(db, { run: syncRun(packageId), watcher, at: new Date(at) })
    },

    /** As `askForSync`, for the package that the operation names. */
    async beginPackageSync({
      operationId,
      at,
    }: StepInput): Promise<{ packageId: PackageId; name: string; asked: number }> {
      const runOf = syncRun
      return publications.beginPackageSync(db, { operation: operationId, runOf, at: new Date(at) })
    },

    /** Undefined until the look has ended. */
    async lookAtSync({
      packageId,
      asked,
    }: StepInput & { packageId: PackageId; position: number; asked: number }): Promise<
      TagsOfRepository | undefined
    > {
      return publications.lookAtSync(db, { packageId, asked })
    },

    /** Returns undefined for a package that is gone. */
    async beginSync({ packageId }: PackageStep): Promise<{ asked: number } | undefined> {
      const asked = await publications.lastRequest(db, packageId)
      return asked === undefined ? undefined : { asked }
    },

    /** Also notes missing dependencies. When that fails, the look has ended all the same, and the next one tries again. */
    async endSync({
      at,
      ...ended
    }: PackageStep & { asked: number; error?: Refusal | undefined }): Promise<{ isAskedAgain: boolean }> {
      const { packageId } = ended
      const end = await publications.endSync(db, { ...ended, at: new Date(at) })
      await noteMissing(db, { packageId, at: new Date(at) }).catch((error: unknown) =>
        log.warn({ error, packageId }, 'missing dependencies could not be noted'),
      )
      return end
    },
  }
}
