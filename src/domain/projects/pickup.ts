import { hash, randomBytes } from 'node:crypto'
import type { ConnectionId, CustomerId, OperationId, OrgId, ProjectTokenId } from '#kernel/ids'
import { audit, type AuditEvent } from '#domain/audit'
import { deleteOneTimeSecret, lockLinkedSecret, type SealedSecret } from '#domain/operations'
import type { Caller } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { packagesGrantedTo } from './project-reads.ts'
import {
  PickupExpired,
  PickupKeysGone,
  PickupNotAllowed,
  PickupNotFound,
  PickupReplaced,
  PickupUsed,
} from './pickup-errors.ts'

const LINK_LIFETIME_MS = 15 * 60_000
const LINK = /^[\w-]{43}$/

/** A new link, or the time at which the keys were fetched. */
export type OfferedPickup =
  | {
      link: string
      expiresAt: Date
      /** Names of the packages that the project may install, in order. */
      packages: string[]
      usedAt?: never
    }
  | { usedAt: Date }

export interface PickupWanted {
  operation: OperationId
  org: OrgId
  caller: Caller
  client: string | undefined
  request: string | undefined
  at: Date
}

/**
 * Makes a link of 256 random bits to the keys that an operation minted. It works once and for 15 minutes, and replaces
 * the operation's earlier link, so that at most one works. Undefined when the keys cannot be fetched by a link, are
 * gone, belong to another connection, or may no longer be shown to this one.
 */
export async function offerPickup(db: Db, wanted: PickupWanted): Promise<OfferedPickup | undefined> {
  const { operation, caller, at } = wanted
  return inTransaction(db, async (tx) => {
    const secret = await lockLinkedSecret(tx, { operation, at })
    if (!secret) return pickedUp(tx, operation)
    if (!secret.mayBeShown) return undefined
    if (secret.customer !== caller.customer || secret.connection !== caller.connection) return undefined
    const link = randomBytes(32).toString('base64url')
    const expiresAt = new Date(Math.min(at.getTime() + LINK_LIFETIME_MS, secret.until.getTime()))
    await tx
      .updateTable('credential_pickups')
      .set({ replaced_at: at })
      .where('operation_id', '=', operation)
      .where('used_at', 'is', null)
      .where('replaced_at', 'is', null)
      .execute()
    await tx
      .insertInto('credential_pickups')
      .values({ link_hash: hashOf(link), operation_id: operation, created_at: at, expires_at: expiresAt })
      .execute()
    const packages = await packagesOfToken(tx, secret.token)
    await audit(tx, {
      ...eventOf({ ...secret, ...wanted }),
      action: 'offer_auth_json',
      outcome: 'done',
      client: wanted.client,
    })
    return { link, expiresAt, packages }
  })
}

async function packagesOfToken(tx: Db, token: ProjectTokenId): Promise<string[]> {
  const { project_id } = await tx
    .selectFrom('project_tokens')
    .select('project_id')
    .where('id', '=', token)
    .executeTakeFirstOrThrow()
  return packagesGrantedTo(tx, project_id)
}

async function pickedUp(tx: Db, operation: OperationId): Promise<OfferedPickup | undefined> {
  const row = await tx
    .selectFrom('credential_pickups')
    .select('used_at')
    .where('operation_id', '=', operation)
    .where('used_at', 'is not', null)
    .executeTakeFirst()
  return row?.used_at ? { usedAt: row.used_at } : undefined
}

export interface PickingUp {
  link: string
  /** Decrypts the keys that were sealed for the operation. When it throws, the link still works. */
  open: (secret: SealedSecret, about: OperationId) => string
  request: string
  at: Date
}

/**
 * Returns the keys behind a link, in the form in which they were sealed. Deletes them, so they are returned only once,
 * and audits the reveal with the connection. When two callers come at the same time, only one gets the keys. Refuses
 * `pickup_not_found`, `pickup_used`, `pickup_expired`, `pickup_replaced`, `pickup_keys_gone`, and `pickup_not_allowed`.
 * The last one is for a revoked connection, a disabled person, or a person who may no longer manage tokens.
 */
export async function pickUpKeys(db: Db, { link, open, request, at }: PickingUp): Promise<string> {
  if (!LINK.test(link)) throw new PickupNotFound()
  const picked = await inTransaction(db, async (tx) => {
    const found = await findPickup(tx, link)
    if (!found) return new PickupNotFound()
    const { operation } = found
    const secret = await lockLinkedSecret(tx, { operation, at })
    // reads it again under the lock, because another caller may have fetched or replaced it meanwhile
    const pickup = (await findPickup(tx, link)) ?? found
    if (pickup.usedAt) return new PickupUsed(operation)
    if (pickup.replacedAt) return new PickupReplaced(operation)
    if (!secret) return new PickupKeysGone(operation)
    if (at >= pickup.expiresAt) return new PickupExpired(operation)
    const event = {
      ...eventOf({ ...pickup, ...secret, request }),
      client: pickup.client,
      action: 'pick_up_auth_json',
    }
    if (!secret.mayBeShown) {
      await audit(tx, { ...event, outcome: 'refused', code: 'pickup_not_allowed' })
      return new PickupNotAllowed(operation)
    }
    const keys = open(secret, operation)
    await tx
      .updateTable('credential_pickups')
      .set({ used_at: at })
      .where('link_hash', '=', hashOf(link))
      .execute()
    await deleteOneTimeSecret(tx, operation)
    await audit(tx, { ...event, outcome: 'done' })
    return keys
  })
  if (typeof picked !== 'string') throw picked
  return picked
}

async function findPickup(tx: Db, link: string) {
  const row = await tx
    .selectFrom('credential_pickups as k')
    .innerJoin('operations as p', 'p.id', 'k.operation_id')
    .leftJoin('connections as c', 'c.id', 'p.connection_id')
    .select(['k.operation_id', 'k.expires_at', 'k.used_at', 'k.replaced_at', 'p.org_id', 'c.client_id'])
    .where('k.link_hash', '=', hashOf(link))
    .executeTakeFirst()
  return (
    row && {
      operation: row.operation_id,
      org: row.org_id,
      client: row.client_id ?? undefined,
      expiresAt: row.expires_at,
      usedAt: row.used_at,
      replacedAt: row.replaced_at,
    }
  )
}

interface Involved {
  org: OrgId
  customer: CustomerId
  connection: ConnectionId | undefined
  token: ProjectTokenId
  operation: OperationId
  request: string | undefined
}

const eventOf = (involved: Involved): Omit<AuditEvent, 'action' | 'outcome'> => {
  const { org, customer, connection, token, operation, request } = involved
  return { chain: `org:${org}`, org, customer, connection, object: token, operation, request }
}

/** A link has as many random bits as its hash, so it needs no salt and no slow function. */
const hashOf = (link: string): Buffer => hash('sha256', link, 'buffer')
