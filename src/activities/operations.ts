import type { StatusUpdate } from '#contracts/status-update'
import { reportStatus } from '#domain/operations'
import type { Dependencies } from './dependencies.ts'

export function operationActivities({ db, publicUrl }: Dependencies) {
  return {
    async reportStatus(update: StatusUpdate): Promise<void> {
      await reportStatus(db, update, publicUrl)
    },
  }
}
