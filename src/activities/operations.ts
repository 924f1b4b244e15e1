import type { StatusUpdate } from '#contracts/status-update'
import { reportStatus } from '#domain/operations'
import type { Dependencies } from './dependencies.ts'

export function operationActivities({ db, publicUrl }: Dependencies) {
  return {
    /** Returns the revision from which the run has to count on, when this one is too old. */
    async reportStatus(update: StatusUpdate): Promise<number | undefined> {
      return reportStatus(db, update, publicUrl)
    },
  }
}
