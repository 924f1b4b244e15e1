import type { Publication } from '#contracts/publish-package'
import type { PackageHookId, PackageId } from '#kernel/ids'
import * as publications from '#domain/publications'
import { enqueueGitReminder } from '#domain/git'
import type { Db } from '#platform/database'
import type { Dependencies } from './dependencies.ts'
import type { StepInput } from './orders.ts'

const DAY_MS = 24 * 60 * 60_000
/** When nobody has consented for so long, a mail reminds the person who asked. */
const REMIND_AFTER_MS = DAY_MS

/** A step for one repository of an operation. */
export interface RepositoryStep extends StepInput {
  /** 1 for the first repository. */
  position: number
}

export interface OpenedRepository {
  position: number
  /** Its https URL. */
  repository: string
}

const refOf = ({ operationId, position }: RepositoryStep) => ({ operation: operationId, position })

/** Steps of `publish_package` that need no Git. Each is next to its undo. */
export function publicationActivities({ db, git, gitConsentDays, publicUrl }: Dependencies) {
  return {
    async openPublications({
      operationId,
      at,
    }: StepInput): Promise<{ repositories: OpenedRepository[]; isDryRun: boolean }> {
      const { repositories, dry_run } = await publications.publicationRequest(db, operationId)
      const addresses = repositories.map((url) => git.addressOf(url))
      const wanted = { operation: operationId, addresses, at: new Date(at) }
      const opened = await publications.openPublications(db, wanted)
      return {
        repositories: opened.map(({ position }, index) => ({
          position,
          repository: repositories[index] ?? '',
        })),
        isDryRun: dry_run ?? false,
      }
    },

    ...consentActivities({ db, git, gitConsentDays }),

    async createPackage({
      packageId: id,
      ...step
    }: RepositoryStep & { packageId: PackageId }): Promise<publications.CreatedPackage> {
      return publications.createPackage(db, { ref: refOf(step), id, at: new Date(step.at) })
    },

    async deletePackage(step: RepositoryStep): Promise<void> {
      await publications.deletePackage(db, { ref: refOf(step), at: new Date(step.at) })
    },

    /**
     * A hook that the host refuses is no failure: a person creates it, and until then the tags are polled. Uses the clock of
     * this attempt: an attempt that waits for another operation would otherwise never see time pass.
     */
    async installHook({
      packageId,
      hookId: hook,
      ...step
    }: RepositoryStep & { packageId: PackageId; hookId: PackageHookId }): Promise<
      Pick<Publication, 'hook' | 'hook_page'>
    > {
      const { org, host, repository } = await publications.findPublication(db, refOf(step))
      if (!repository) throw new TypeError('the repository was not reached')
      const about = { package: packageId, org, host, repository }
      const { state } = await git.installHook({ hook, ...about, at: new Date() })
      if (state === 'installed') return { hook: state }
      if (state === 'another_repository') throw await publications.followsAnotherRepository(db, packageId)
      return { hook: state, hook_page: `${publicUrl}/account/git/hooks/${packageId}` }
    },

    async removeHook({ packageId, ...step }: RepositoryStep & { packageId: PackageId }): Promise<void> {
      const { org, vendor, package: own } = await publications.findPublication(db, refOf(step))
      if (own !== packageId) return
      const isKept = (tx: Db) => publications.lockAdoption(tx, { id: packageId, vendor })
      await git.removeHook({ package: packageId, org, isKept, at: new Date(step.at) })
    },
  }
}

/** Whether Git hosts give access to a repository, and the wait until they do. */
function consentActivities({ db, git, gitConsentDays }: Pick<Dependencies, 'db' | 'git' | 'gitConsentDays'>) {
  return {
    async reachRepository(step: RepositoryStep): Promise<'reached' | 'needs_consent'> {
      return publications.reachRepository(db, git, { ref: refOf(step), at: new Date(step.at) })
    },

    /** Returns when the wait ends: ISO, UTC. */
    async awaitConsent(step: RepositoryStep): Promise<{ until: string }> {
      await publications.awaitConsent(db, { ref: refOf(step), at: new Date(step.at) })
      return { until: new Date(Date.parse(step.at) + gitConsentDays * DAY_MS).toISOString() }
    },

    /** Returns true once somebody has connected the host. Reminds the person by one mail. `since`: ISO, UTC. */
    async lookForAccess(step: RepositoryStep & { since: string }): Promise<true | undefined> {
      const at = new Date(step.at)
      const seen = await publications.reachRepository(db, git, { ref: refOf(step), at })
      if (seen === 'reached') return true
      if (at.getTime() - Date.parse(step.since) >= REMIND_AFTER_MS)
        await enqueueGitReminder(db, { operation: step.operationId, at })
      return undefined
    },
  }
}
