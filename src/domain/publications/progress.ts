import { stepsOf } from '#domain/operations'
import type { OperationId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

/** `current` is at most one of them. `failed` is final: the operation goes on with the others. */
export type PublicationState = 'later' | 'current' | 'done' | 'failed'

export interface PublicationProgress {
  /** Whether each Git host was asked for its repositories, so that publishing has begun. */
  isReached: boolean
  /** The state of each repository, in the order of the request. */
  states: PublicationState[]
}

type Steps = Awaited<ReturnType<typeof stepsOf>>

/** How far a running `publish_package` is, by its recorded steps. `count`: how many repositories it has. */
export async function publicationProgress(
  db: Db,
  { operation, count }: { operation: OperationId; count: number },
): Promise<PublicationProgress> {
  return progressIn(await stepsOf(db, operation), count)
}

const REACHING = ['reachRepository', 'awaitConsent', 'lookForAccess']
const UNDOING = ['deletePackage', 'removeHook']
const PUBLISHING = [
  'readRepository',
  'previewRepository',
  'createPackage',
  'installHook',
  'askForSync',
  'lookAtSync',
  ...UNDOING,
]

/**
 * First all repositories are reached, one after another, then each is published. A failed step may be tried again. One to
 * which nobody gave access has no failed step, but it is passed over: nothing of it is published.
 */
function progressIn(steps: Steps, count: number): PublicationProgress {
  const positions = Array.from({ length: count }, (_, index) => index + 1)
  const of = (names: readonly string[], position: number) =>
    steps.filter(({ name }) => names.some((each) => name === `${each}:line_${position}`))
  const furthest = (names: readonly string[]) =>
    positions.findLast((position) => of(names, position).length > 0) ?? 0
  const [reached, published] = [furthest(REACHING), furthest(PUBLISHING)]
  const isPassedOver = (position: number) => position < published && !of(PUBLISHING, position).length
  const hasFailed = (position: number) =>
    isPassedOver(position) ||
    of(UNDOING, position).length > 0 ||
    lastOf(of([...REACHING, ...PUBLISHING], position))?.status === 'failed'
  const isPublishing = published > 0
  return {
    isReached: isPublishing,
    states: positions.map((position) => {
      if (position < (published || reached) && hasFailed(position)) return 'failed'
      if (!isPublishing || position > published) return 'later'
      return position === published ? 'current' : 'done'
    }),
  }
}

const lastOf = (steps: Steps) => steps.toSorted((a, b) => a.at.getTime() - b.at.getTime()).at(-1)
