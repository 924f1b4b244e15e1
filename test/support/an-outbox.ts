import { sql } from 'kysely'
import { resumedRun, type Run } from '#contracts/ids'
import { enqueueStart } from '#domain/operations'
import { addOrg } from '#domain/orgs'
import { mintId } from '#kernel/ids'
import { openLogger } from '#platform/logger'
import type { Temporal } from '#platform/temporal'
import { type RelayDependencies, startRelay } from '../../src/relay/outbox-relay.ts'
import { aDatabase } from './database.ts'
import { inTransaction } from '#platform/transactions'

export const MINUTE = 60_000
export const ago = (ms: number) => new Date(Date.now() - ms)

/** A database with an outbox; `clear` empties the outbox. */
export async function anOutbox() {
  const { db, url, close } = await aDatabase()
  const org = mintId('org', Date.now(), Math.random)
  await addOrg(db, { id: org, slug: 'acme', name: 'Acme', at: new Date() })

  /** An operation whose start is only in the outbox, as after a crash right after the commit. */
  async function anOrphan(at: Date, id = mintId('op', at, Math.random)): Promise<Run> {
    const workflowId = `wash_car/${id}`
    const age = Date.now() - at.getTime()
    const run: Run = { workflowType: 'washCar', workflowId, operationId: id, orgId: org }
    await inTransaction(db, async (tx) => {
      await tx
        .insertInto('operations')
        .values({
          id,
          org_id: org,
          story: 'wash_car',
          idempotency_key: id,
          input: '{}',
          input_hash: Buffer.alloc(32),
          workflow_id: workflowId,
          created_at: at,
          updated_at: at,
        })
        .execute()
      await enqueueStart(tx, run)
      await tx
        .updateTable('outbox')
        .set({
          due_at: sql`due_at - make_interval(secs => ${age / 1000})`,
          give_up_at: sql`give_up_at - make_interval(secs => ${age / 1000})`,
        })
        .where('workflow_id', '=', workflowId)
        .execute()
    })
    return run
  }

  async function aNudge(
    kind: 'nudge' | 'start_and_nudge',
    run: Partial<Run> & Pick<Run, 'workflowId'>,
    giveUpAt = ago(-15 * MINUTE),
  ) {
    await db
      .insertInto('outbox')
      .values({
        deed: kind,
        workflow_type: run.workflowType ?? null,
        workflow_id: run.workflowId,
        payload: JSON.stringify(run),
        due_at: ago(1),
        give_up_at: giveUpAt,
      })
      .execute()
  }

  return {
    db,
    url,
    org,
    anOrphan,
    aNudge,
    /** The waiting rows, and in how many seconds of the database's clock they are due. */
    waiting: () =>
      db
        .selectFrom('outbox')
        .select(['workflow_id', 'attempts', 'last_error'])
        .select(sql<number>`extract(epoch from due_at - now())::float8`.as('due_in'))
        .orderBy('id')
        .execute(),
    /** As if everything had waited for so long. */
    age: (ms: number) =>
      db
        .updateTable('outbox')
        .set({ give_up_at: sql`give_up_at - make_interval(secs => ${ms / 1000})`, due_at: ago(1) })
        .execute(),
    makeDue: () =>
      db
        .updateTable('outbox')
        .set({ due_at: ago(1) })
        .execute(),
    clear: () => db.deleteFrom('outbox').execute(),
    close,
  }
}

/** A Temporal that records its calls and knows `runs`; `start` may fail or take long. */
export function aTemporal({
  start,
  runs = [],
  isAway = false,
}: { start?: (run: Run) => Promise<unknown>; runs?: string[]; isAway?: boolean } = {}) {
  const asked: string[] = []
  const temporal: Temporal = {
    async start(run) {
      asked.push(`start ${run.workflowId}`)
      await start?.(run as Run)
    },
    async startOrNudgeSync({ workflowId }) {
      asked.push(`start or nudge ${workflowId}`)
      if (isAway) throw new Error('unavailable')
    },
    async nudge(workflowId) {
      asked.push(`nudge ${workflowId}`)
      if (isAway) throw new Error('unavailable')
      return runs.includes(workflowId)
    },
    async cancelRun(workflowId) {
      asked.push(`cancel ${workflowId}`)
      if (isAway) throw new Error('unavailable')
      return runs.includes(workflowId)
    },
    startOrJoinRun: () => Promise.reject(new Error('the relay starts and nudges only')),
    lookAtRun: () => Promise.reject(new Error('the relay starts and nudges only')),
    resumedRun,
    reachable: async () => true,
    obstacle: async () => undefined,
    close: async () => {},
  }
  return { temporal, asked }
}

/** A relay and its log lines. */
export function aRelay(deps: Omit<RelayDependencies, 'log'>) {
  const lines: string[] = []
  const log = openLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } })
  const logged = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  return { ...startRelay({ ...deps, log }), logged }
}
