import { isId, type ConnectionId, type CustomerId } from '#kernel/ids'
import { audit, type AuditEvent } from '#domain/audit'
import { accessTo, orgIdOf, type Scope, SCOPES } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { ConnectionNotFound, DeviceMayNotBuy, SignInTooOld } from './errors.ts'
import { switchOrg } from './set-active-org.ts'

const LABEL_LENGTH = 60
const LATELY_MS = 12 * 3_600_000

/** A change that the person of a connection makes in the browser. */
export interface ConnectionChange {
  id: string
  by: CustomerId
  /** The id of the request, as in the log. */
  request: string
}

/**
 * Sets the name that the person gives to a connection: one line of at most 60 characters. An empty name removes it.
 * Refuses `connection_not_found`.
 */
export async function renameConnection(
  db: Db,
  { label, ...change }: ConnectionChange & { label: string },
): Promise<void> {
  const name = label.replaceAll(/[\p{C}\s]+/gu, ' ').trim()
  const kept = Array.from(name).slice(0, LABEL_LENGTH).join('').trim() || null
  await inTransaction(db, async (tx) => {
    const connection = await lockOwnConnection(tx, change)
    if (connection.label === kept) return
    await tx.updateTable('connections').set({ label: kept }).where('id', '=', connection.id).execute()
    await audit(tx, eventOf(change, connection, 'rename_connection'))
  })
}

/**
 * Makes another org of the person the active org of a connection. Audited in both orgs. Refuses
 * `connection_not_found`, and `org_not_found` when the person is neither a member nor a guest.
 */
export async function changeConnectionOrg(
  db: Db,
  { org, ...change }: ConnectionChange & { org: string },
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const { id, client, activeOrg } = await lockOwnConnection(tx, change)
    const to = orgIdOf(await accessTo(tx, change.by, org))
    const { by: customer, request } = change
    await switchOrg(tx, { id, from: activeOrg, to, actor: { customer, client, request } })
  })
}

/**
 * Sets what a connection may do from its next call on. `read` always stays. Refuses `connection_not_found`, and
 * `device_may_not_buy`, and `sign_in_too_old` when a scope is added and the person signed in at `authAt` more than 12 hours ago.
 */
export async function changeConnectionScopes(
  db: Db,
  { scopes, authAt, at, ...change }: ConnectionChange & { scopes: readonly string[]; authAt: Date; at: Date },
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const connection = await lockOwnConnection(tx, change)
    const wanted = SCOPES.filter((scope) => scope === 'read' || scopes.includes(scope))
    const added = wanted.filter((scope) => !connection.scopes.includes(scope))
    const removed = connection.scopes.filter((scope) => !wanted.includes(scope))
    if (!added.length && !removed.length) return
    if (connection.isDevice && added.includes('buy')) throw new DeviceMayNotBuy()
    if (added.length) assertSignedInLately(authAt, at)
    await tx.updateTable('connections').set({ scopes: wanted }).where('id', '=', connection.id).execute()
    const detail = { added: added.join(' '), removed: removed.join(' ') }
    await audit(tx, { ...eventOf(change, connection, 'change_scopes'), detail })
  })
}

/** Call it before a change that gives a connection more rights. Refuses `sign_in_too_old` after 12 hours. */
export function assertSignedInLately(authAt: Date, at: Date): void {
  if (at.getTime() - authAt.getTime() > LATELY_MS) throw new SignInTooOld()
}

async function lockOwnConnection(tx: Db, { id, by }: ConnectionChange) {
  if (!isId('con', id)) throw new ConnectionNotFound()
  const row = await tx
    .selectFrom('connections')
    .select(['id', 'client_id', 'active_org_id', 'scopes', 'label', 'is_device'])
    .where('id', '=', id)
    .where('customer_id', '=', by)
    .where('revoked_at', 'is', null)
    .where('activated_at', 'is not', null)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw new ConnectionNotFound()
  return {
    id: row.id,
    client: row.client_id,
    activeOrg: row.active_org_id,
    scopes: row.scopes as Scope[],
    label: row.label,
    isDevice: row.is_device,
  }
}

/** The person acts in the browser, so the connection is the object of the event and not its caller. */
const eventOf = (
  { by, request }: ConnectionChange,
  { id, client }: { id: ConnectionId; client: string },
  action: string,
): AuditEvent => ({
  chain: `customer:${by}`,
  action,
  outcome: 'done',
  customer: by,
  client,
  object: id,
  request,
})
