import { sql } from 'kysely'
import type { StartedStory } from '#contracts/stories'
import type { OperationStatus } from '#contracts/status-update'
import type { Refusal } from '#kernel/errors'
import type { CustomerId, OperationId, OrgId } from '#kernel/ids'
import type { Caller } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { OperationIsOver, OperationNotFound } from './errors.ts'
import type { Operation } from './operation.ts'
import { cancellingText, progressOf, RESUMED } from './steps.ts'
import { subjectOf } from './subject.ts'
import { WAIT_COLUMNS, waitIn } from './waits.ts'

/** The customer's operations in one org, of these stories, newest first, beginning after `before`. Uses the index `operations_by_person`. */
export async function listOperations(
  db: Db,
  filter: {
    org: OrgId
    customer: CustomerId
    status?: OperationStatus
    stories?: readonly string[]
    limit: number
    before?: OperationId
    /** Leaves out those whose cancellation was requested. */
    isWanted?: boolean
  },
): Promise<Operation[]> {
  const { org, customer, status, stories, limit, before, isWanted = false } = filter
  const rows = await ownOperations(db, customer)
    .where('p.org_id', '=', org)
    .$if(status !== undefined, (query) => query.where('p.status', '=', status ?? 'running'))
    .$if(stories !== undefined, (query) => query.where('p.story', 'in', stories ?? []))
    .$if(before !== undefined, (query) => query.where('p.id', '<', before ?? 'op_'))
    .$if(isWanted, (query) => query.where('p.cancel_requested_at', 'is', null))
    .orderBy('p.id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(asOperation)
}

/** The number of a customer's operations that are not over, in all orgs. */
export async function countOpenOperations(
  db: Db,
  customer: CustomerId,
): Promise<{ running: number; waiting: number }> {
  const rows = await db
    .selectFrom('operations')
    .select(['status', (count) => count.fn.countAll<number>().as('n')])
    .where('asked_by', '=', customer)
    .where('status', 'in', ['running', 'waiting_for_you'])
    .groupBy('status')
    .execute()
  const of = (status: OperationStatus) => rows.find((row) => row.status === status)?.n ?? 0
  return { running: of('running'), waiting: of('waiting_for_you') }
}

/** Reads any operation. The caller has to check the owner. */
export async function readOperation(db: Db, id: OperationId): Promise<Operation> {
  return asOperation(await operations(db).where('p.id', '=', id).executeTakeFirstOrThrow())
}

export interface BegunOperation {
  id: OperationId
  orgId: OrgId
  askedBy: CustomerId
  connectionId: Operation['connectionId']
  started: StartedStory
  /** It was cancelled, and its first run was lost. */
  isCancelled: boolean
}

/**
 * Call it first in the transaction of a story's first step. Locks the row and refuses `operation_is_over` when it has
 * ended or was undone. The row is needed, because Temporal accepts a workflow id again after its retention time. A row
 * that waits for a person is accepted: the store of the run may have been restored.
 */
export async function beginOperation(tx: Db, id: OperationId, at: Date): Promise<BegunOperation> {
  const row = await tx
    .selectFrom('operations')
    .select(['id', 'story', 'org_id', 'asked_by', 'connection_id', 'input'])
    .select(['started_at', 'finished_at', 'undone_at', 'attempt', 'cancel_requested_at'])
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!row?.asked_by) throw new OperationNotFound(id)
  if (row.finished_at || row.undone_at) throw new OperationIsOver(id)
  if (!row.started_at)
    await tx.updateTable('operations').set({ started_at: at, updated_at: at }).where('id', '=', id).execute()
  return {
    id,
    orgId: row.org_id,
    askedBy: row.asked_by,
    connectionId: row.connection_id ?? undefined,
    started: startedStory(row),
    isCancelled: wasCancelled(row),
  }
}

/** Only for a run that replaces a lost one. The first run is told to stop by Temporal, and undoes its steps. */
const wasCancelled = (row: { attempt: number; cancel_requested_at: Date | null }): boolean =>
  row.attempt > 1 && row.cancel_requested_at !== null

/** The contract validated the input before the row was written, and the input never changes. */
const startedStory = ({ story, input }: { story: string; input: unknown }) =>
  ({ story, input }) as StartedStory

/**
 * Call it first in the transaction of an undo. From now on `beginOperation` refuses a late attempt. Returns false for a
 * completed operation: its result was told, so a late or second run may not take it back.
 */
export async function undoOperation(tx: Db, id: OperationId, at: Date): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('operations')
    .set({ undone_at: sql<Date>`coalesce(undone_at, ${at})` })
    .where('id', '=', id)
    .where('status', '<>', 'completed')
    .executeTakeFirst()
  return numUpdatedRows > 0
}

/** Whether an operation has told its result. It stays like this until the commit. Lock no line before. */
export async function isCompleted(tx: Db, id: OperationId): Promise<boolean> {
  const row = await tx
    .selectFrom('operations')
    .select('status')
    .where('id', '=', id)
    .forShare()
    .executeTakeFirst()
  return row?.status === 'completed'
}

export interface OperationContext {
  id: OperationId
  orgId: OrgId
  caller: Caller
  started: StartedStory
  /** As in `BegunOperation`. */
  isCancelled: boolean
}

/** The data of an operation that its steps need. The returned caller started the operation; its scopes are left out. */
export async function operationContext(db: Db, id: OperationId): Promise<OperationContext> {
  const row = await db
    .selectFrom('operations as p')
    .leftJoin('connections as c', 'c.id', 'p.connection_id')
    .select(['p.story', 'p.org_id', 'p.asked_by', 'p.connection_id', 'p.input', 'c.client_name'])
    .select(['p.attempt', 'p.cancel_requested_at'])
    .where('p.id', '=', id)
    .executeTakeFirstOrThrow()
  if (!row.asked_by) throw new OperationNotFound(id)
  const caller: Caller = {
    customer: row.asked_by,
    ...(row.connection_id && { connection: row.connection_id }),
    ...(row.client_name && { clientName: row.client_name }),
    scopes: [],
  }
  const isCancelled = wasCancelled(row)
  return { id, orgId: row.org_id, caller, started: startedStory(row), isCancelled }
}

/** The operation of a link, even if it is over. Undefined for an unknown link. */
export async function operationByLink(db: Db, link: string): Promise<Operation | undefined> {
  const row = await operations(db).where('p.link', '=', link).executeTakeFirst()
  return row && asOperation(row)
}

export function operations(db: Db) {
  return db
    .selectFrom('operations as p')
    .innerJoin('orgs as o', 'o.id', 'p.org_id')
    .select(['p.id', 'p.org_id', 'p.status', 'p.workflow_id', 'p.cancellable', 'p.cancel_requested_at'])
    .select(['p.error', 'p.asked_by', 'p.connection_id', 'p.created_at', 'p.updated_at', 'p.finished_at'])
    .select(['o.slug', 'o.name', 'p.story', 'p.link', 'p.input', 'p.result', 'p.resumed_at', ...WAIT_COLUMNS])
    .select((of) =>
      of
        .selectFrom('operation_steps as s')
        .select(
          sql<{ name: string; note: string | null }>`json_build_object('name', s.name, 'note', s.note)`.as(
            'reached',
          ),
        )
        .whereRef('s.operation_id', '=', 'p.id')
        .where(sql<boolean>`s.updated_at >= coalesce(p.resumed_at, s.updated_at)`)
        .orderBy('s.updated_at', 'desc')
        .orderBy(sql`(s.status = 'running')`, 'desc')
        .limit(1)
        .as('step'),
    )
}

const ownOperations = (db: Db, customer: CustomerId) =>
  operationsInOrgsOf(db, customer).where('p.asked_by', '=', customer)

export const operationsInOrgsOf = (db: Db, customer: CustomerId) =>
  operations(db)
    .innerJoin('org_members as m', (on) =>
      on.onRef('m.org_id', '=', 'p.org_id').on('m.customer_id', '=', customer),
    )
    .where('o.deleted_at', 'is', null)

type Row = Awaited<ReturnType<ReturnType<typeof operations>['executeTakeFirstOrThrow']>>

function progressIn({ story, step, resumed_at, cancel_requested_at: cancelled }: Row): string {
  const reached = !step && resumed_at ? RESUMED : progressOf(step?.name ?? null, step?.note ?? null)
  return cancelled ? `${reached} ${cancellingText({ story })}` : reached
}

export function asOperation(row: Row): Operation {
  const isCancelling = row.cancel_requested_at !== null && !row.finished_at
  return {
    id: row.id,
    story: row.story,
    subject: subjectOf(row.input),
    orgId: row.org_id,
    orgSlug: row.slug,
    orgName: row.name,
    status: row.status,
    workflowId: row.workflow_id,
    cancellable: row.cancellable,
    ...(row.status === 'running' && { progress: progressIn(row) }),
    ...(row.link && { link: row.link }),
    ...waitIn(row),
    ...(isCancelling && { cancelRequested: true }),
    ...(row.result && { result: row.result as Record<string, unknown> }),
    ...(row.error && { error: row.error as unknown as Refusal }),
    ...(row.asked_by && { askedBy: row.asked_by }),
    ...(row.connection_id && { connectionId: row.connection_id }),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.finished_at && { finishedAt: row.finished_at }),
  }
}
