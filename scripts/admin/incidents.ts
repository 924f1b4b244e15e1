import {
  endIncident,
  findIncident,
  guideTo,
  type Incident,
  INCIDENTS,
  openIncidents,
} from '#domain/incidents'
import { readOperation, stepsOf } from '#domain/operations'
import { isId, type OperationId } from '#kernel/ids'
import type { Db } from '../../src/platform/database.ts'

export async function list(db: Db): Promise<true> {
  const open = await openIncidents(db)
  for (const incident of open) console.log(textOf(incident))
  console.log(open.length === 1 ? '1 thing needs an operator.' : `${open.length} things need an operator.`)
  return true
}

export async function show(db: Db, id: string): Promise<boolean> {
  const incident = await findIncident(db, id)
  if (!incident) return isUnknown(id)
  const { object, endedAt, note } = incident
  console.log(textOf(incident))
  if (endedAt) console.log(`  over since ${endedAt.toISOString()}: ${note ?? 'the cause is gone.'}`)
  if (isId('op', object)) for (const line of await operationLines(db, object)) console.log(`  ${line}`)
  return true
}

export async function done(db: Db, { id, note }: { id: string; note: string }): Promise<boolean> {
  const outcome = await endIncident(db, { id, note, at: new Date() })
  if (!outcome) return isUnknown(id)
  console.log(outcome === 'done' ? `${id} is done.` : `${id} was over before; nothing was done.`)
  return outcome === 'done'
}

/** What an entry is about, with the step and the code that were noticed. */
const whatOf = ({ object, detail }: Incident): string => (detail ? `${object}, ${detail}` : object)

function textOf(incident: Incident): string {
  const { id, kind, since, times } = incident
  const { happened, todo } = INCIDENTS[kind]
  const often = times > 1 ? `, noticed ${times} times` : ''
  return [
    `${id}  ${kind}  ${whatOf(incident)}`,
    `  ${happened} Since ${since.toISOString()}${often}.`,
    `  ${todo} ${guideTo(incident)}`,
  ].join('\n')
}

function isUnknown(id: string): false {
  console.log(`There is no entry ${id}.`)
  return false
}

async function operationLines(db: Db, id: OperationId): Promise<string[]> {
  const { story, orgSlug, status, workflowId, error } = await readOperation(db, id)
  const steps = await stepsOf(db, id)
  return [
    `${story} of ${orgSlug}: ${status}${error ? `, ${error.code}` : ''}`,
    `run ${workflowId}; in the Temporal UI: OperationId="${id}"`,
    ...steps.map(
      ({ name, status: state, attempt, at }) => `${at.toISOString()} ${name}: ${state}, attempt ${attempt}`,
    ),
  ]
}
