import fs from 'node:fs'
import path from 'node:path'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { expect } from 'vitest'
import type { OperationId } from '#kernel/ids'
import type { Shop } from '../support/a-shop.ts'
import { type History, patchesIn } from './history.ts'

/** Saves the history of an operation, once its run is over, as the path `branch`. */
export async function recordOperation(shop: Shop, id: OperationId, branch: string): Promise<void> {
  const { workflow_id } = await shop.db
    .selectFrom('operations')
    .select('workflow_id')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  await recordRun(shop, { workflowId: workflow_id }, branch)
}

/**
 * The same for any run. A history that was recorded before is kept, because runs of its code may still be open: a run
 * that took other patches is saved beside it.
 */
export async function recordRun(
  { workflows }: Pick<Shop, 'workflows'>,
  { workflowId, runId }: { workflowId: string; runId?: string },
  branch: string,
): Promise<void> {
  const handle = workflows.getHandle(workflowId, runId)
  await expect
    .poll(async () => (await handle.describe()).status.name, { timeout: 20_000 })
    .not.toBe('RUNNING')
  const { type } = await handle.describe()
  const history = JSON.parse(historyToJSON(await handle.fetchHistory())) as History
  nameRun(history, workflowId)
  const name = [branch, ...new Set(patchesIn(history))].join('+')
  const file = path.join(import.meta.dirname, type, `${name}.json`)
  if (fs.existsSync(file)) return
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, textOf(history))
}

/** Notes the workflow id where a real server notes it, which the time-skipping server does not. */
function nameRun({ events }: History, workflowId: string): void {
  for (const { workflowExecutionStartedEventAttributes: started } of events)
    if (started) Object.assign(started, { workflowId })
}

/** A line per event, without what names the machine that recorded it and what only makes the file long. */
const textOf = ({ events }: History): string =>
  `{"events":[\n${events.map((event) => JSON.stringify(event, shortened)).join(',\n')}\n]}\n`

function shortened(key: string, value: unknown): unknown {
  if (/^test-[\da-f-]{36}$/.test(String(value))) return 'payments'
  return LEFT_OUT.includes(key) ? undefined : value
}

const LEFT_OUT = [
  'identity',
  'stackTrace',
  'binaryChecksum',
  'meteringMetadata',
  'header',
  'historySizeBytes',
  // a replay does not compare it
  'retryPolicy',
]
