import type { GIT_INGEST_QUEUE } from '#contracts/messages'
import type { Operation } from './operation.ts'

/** Nobody works on operations, or what carries them out gives no answer. */
type Obstacle = 'no_worker' | 'unreachable'

/** Default: of the queue on which all runs are. */
export type FindObstacle = (queue?: typeof GIT_INGEST_QUEUE) => Promise<Obstacle | undefined>

/** The stories that need a worker that reads repositories, too. */
const READING = ['publish_package', 'sync_package']

const LATER = 'It goes on by itself afterwards; do not start it again. The operator can see this.'

const SENTENCES: Record<Obstacle | 'no_reader', string> = {
  no_worker: `It is accepted, but no worker is running at this moment. ${LATER}`,
  no_reader: `It is accepted, but no worker reads repositories at this moment. ${LATER}`,
  unreachable: `It is accepted, but what carries it out cannot be reached at this moment. ${LATER}`,
}

/** Adds to the progress of a running operation what keeps it from going on. */
export async function withObstacle(operation: Operation, find: FindObstacle): Promise<Operation> {
  if (operation.status !== 'running') return operation
  const obstacle = (await find()) ?? (await missingReader(operation, find))
  if (!obstacle) return operation
  return { ...operation, progress: `${operation.progress ?? ''} ${SENTENCES[obstacle]}`.trim() }
}

async function missingReader({ story }: Operation, find: FindObstacle): Promise<'no_reader' | undefined> {
  if (!READING.includes(story)) return undefined
  return (await find('git-ingest')) === 'no_worker' ? 'no_reader' : undefined
}
