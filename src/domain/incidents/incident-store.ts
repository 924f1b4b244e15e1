import { type IncidentId, mintId } from '#kernel/ids'
import { audit } from '#domain/audit'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { sql } from 'kysely'
import { INCIDENTS, type IncidentKind } from './kinds.ts'

const DETAIL_CHARACTERS = 300

/** Something that an operator has to look at. Times are UTC. */
export interface Incident {
  id: IncidentId
  kind: IncidentKind
  /** The id of what it is about: an operation, an order, a charge, `mail 17`. */
  object: string
  /** Codes and names of steps. Never a secret, and never a text of a provider, vendor or person. */
  detail: string | undefined
  since: Date
  lastAt: Date
  /** How often it was noticed. */
  times: number
  /** When its cause was gone, or an operator marked it as done. */
  endedAt: Date | undefined
  /** What the operator wrote who marked it as done. */
  note: string | undefined
}

export interface Raised {
  kind: IncidentKind
  object: string
  detail?: string | undefined
  at: Date
  /** Since when, if it is noticed later than it began. Default: `at`. */
  since?: Date | undefined
}

/**
 * Puts something on the list of what needs an operator. There is one open entry for each kind and object: a repetition
 * is counted. After an operator marked it as done, a repetition makes a new entry. Returns whether
 * it made one; then log an error, too.
 */
export async function raiseForOperator(
  tx: Db,
  { kind, object, detail, at, since }: Raised,
): Promise<boolean> {
  const row = await tx
    .insertInto('incidents')
    .values({
      id: mintId('inc', at, Math.random),
      kind,
      object,
      detail: detail?.slice(0, DETAIL_CHARACTERS) || null,
      since: since && since < at ? since : at,
      last_at: at,
    })
    .onConflict((on) =>
      on
        .columns(['kind', 'object'])
        .where('ended_at', 'is', null)
        .doUpdateSet({
          times: sql`incidents.times + 1`,
          last_at: sql<Date>`greatest(incidents.last_at, excluded.last_at)`,
          detail: sql`coalesce(incidents.detail, excluded.detail)`,
        }),
    )
    .returning('times')
    .executeTakeFirstOrThrow()
  return row.times === 1
}

/** Takes something off the list, because its cause is gone: nothing is owed any more. Does nothing without an entry. */
export async function clearForOperator(
  tx: Db,
  { kinds, object, at }: { kinds: readonly IncidentKind[]; object: string; at: Date },
): Promise<void> {
  await tx
    .updateTable('incidents')
    .set({ ended_at: at })
    .where('kind', 'in', kinds)
    .where('object', '=', object)
    .where('ended_at', 'is', null)
    .execute()
}

/** All open entries, oldest first. Uses the index `incidents_open`. */
export async function openIncidents(db: Db): Promise<Incident[]> {
  const rows = await incidents(db).where('ended_at', 'is', null).orderBy('since').orderBy('id').execute()
  return rows.map(asIncident)
}

/** An entry, open or ended. */
export async function findIncident(db: Db, id: string): Promise<Incident | undefined> {
  const row = await incidents(db)
    .where('id', '=', id as IncidentId)
    .executeTakeFirst()
  return row && asIncident(row)
}

/**
 * For the operator. Marks an entry as done. Audited in the chain `platform`. Returns `is_over` for one that has ended
 * before, and undefined for an unknown one.
 */
export async function endIncident(
  db: Db,
  { id, note, at }: { id: string; note: string; at: Date },
): Promise<'done' | 'is_over' | undefined> {
  return inTransaction(db, async (tx) => {
    const incident = await findIncident(tx, id)
    if (!incident) return undefined
    const { numUpdatedRows } = await tx
      .updateTable('incidents')
      .set({ ended_at: at, note })
      .where('id', '=', incident.id)
      .where('ended_at', 'is', null)
      .executeTakeFirst()
    if (!numUpdatedRows) return 'is_over'
    const { kind, object } = incident
    const event = { action: 'end_incident', outcome: 'done', object: incident.id } as const
    await audit(tx, { chain: 'platform', ...event, detail: { kind, about: object } })
    return 'done'
  })
}

const incidents = (db: Db) =>
  db
    .selectFrom('incidents')
    .select(['id', 'kind', 'object', 'detail', 'since', 'last_at', 'times', 'ended_at', 'note'])

type Row = Awaited<ReturnType<ReturnType<typeof incidents>['executeTakeFirstOrThrow']>>

/** A kind that this release does not know was written by a newer one. */
const asIncident = ({ kind, detail, last_at, ended_at, note, ...row }: Row): Incident => ({
  ...row,
  kind: kind in INCIDENTS ? (kind as IncidentKind) : 'our_defect',
  detail: detail ?? undefined,
  lastAt: last_at,
  endedAt: ended_at ?? undefined,
  note: note ?? undefined,
})
