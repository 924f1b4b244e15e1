import { cardActivities } from './cards.ts'
import { chargeActivities } from './charges.ts'
import { gitActivities } from './git.ts'
import type { Dependencies } from './dependencies.ts'
import { operationActivities } from './operations.ts'
import { orderActivities } from './orders.ts'
import { publicationActivities } from './publications.ts'
import { syncActivities } from './syncs.ts'
import { vendorActivities } from './vendors.ts'

export type { Dependencies } from './dependencies.ts'
export type { IngestDependencies } from './ingest.ts'
export type { RefusedLine } from '#domain/orders'
export type { OpenedRepository } from './publications.ts'
export { repositoriesOn } from './repositories.ts'
export type { ChargeAnswer } from './charges.ts'
export type { OpenedLine, OpenedOrder } from './orders.ts'
export { settleUndoneCharges } from './undone-charges.ts'
export { stepInterceptor } from './step-interceptor.ts'

export { type IngestActivities, ingestActivitiesOn, type IngestedTag, type SeenTags } from './versions.ts'

/** All steps of all stories, except those of the queue `git-ingest`. A step and its undo are in the same file, by noun. */
export const activitiesOn = (deps: Dependencies) => ({
  ...orderActivities(deps),
  ...cardActivities(deps),
  ...chargeActivities(deps),
  ...gitActivities(deps),
  ...publicationActivities(deps),
  ...syncActivities(deps),
  ...vendorActivities(deps),
  ...operationActivities(deps),
})

export type Activities = ReturnType<typeof activitiesOn>
