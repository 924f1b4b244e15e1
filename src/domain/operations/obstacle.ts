import type { Operation } from './operation.ts'

/** Nobody works on operations, or what carries them out gives no answer. */
type Obstacle = 'no_worker' | 'unreachable'

export type FindObstacle = () => Promise<Obstacle | undefined>

const LATER = 'It goes on by itself afterwards; do not start it again. The operator can see this.'

const SENTENCES: Record<Obstacle, string> = {
  no_worker: `It is accepted, but no worker is running at this moment. ${LATER}`,
  unreachable: `It is accepted, but what carries it out cannot be reached at this moment. ${LATER}`,
}

/** Adds to the progress of a running operation what keeps it from going on. */
export async function withObstacle(operation: Operation, find: FindObstacle): Promise<Operation> {
  if (operation.status !== 'running') return operation
  const obstacle = await find()
  if (!obstacle) return operation
  return { ...operation, progress: `${operation.progress ?? ''} ${SENTENCES[obstacle]}`.trim() }
}
