import { sql } from 'kysely'
import { type ConnectionId, type CustomerId, isId, mintId } from '#kernel/ids'
import { audit } from '#domain/audit'
import { lockCustomer } from '#domain/identity'
import { queueMail } from '#domain/mail'
import { accessTo, orgIdOf, type Scope } from '#domain/orgs'
import { setRulesIn, type SpendingRules } from '#domain/spending'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { hashOfArtifact } from './artifact-store.ts'
import { keepClient } from './client-store.ts'
import { insertConnection } from './connection-store.ts'
import { DEVICE_SCOPES } from './device-code.ts'
import { ConnectRequestOver } from './errors.ts'
import { endConnections } from './revoke-connection.ts'
import { shownName } from './shown-name.ts'

/** An application's request to be connected: a kind of artifact, in the words of the engine, and its secret id. */
export interface ConnectRequest {
  model: 'Interaction' | 'DeviceCode'
  id: string
}

export interface Answer {
  asked: ConnectRequest
  customer: CustomerId
  clientId: string
  at: Date
  request: string
}

export interface Consent extends Answer {
  /** Slug or id of the active org. */
  org: string
  /** How the client names itself. */
  clientName: string
  /** Verified host of the client's metadata document. */
  clientHost: string | undefined
  /** Undefined for a device, which fetches its token itself. */
  redirectHost: string | undefined
  scopes: readonly Scope[]
  /** What it may spend. Undefined: it may not buy. */
  spending: SpendingRules | undefined
  /** Ids of connections of the same person that this one replaces. Others are ignored. */
  replaces?: readonly string[]
}

/**
 * Connects an application for a person, who gets a mail, and ends the connections that it replaces. The same request answered again, or by two clicks at once, gives
 * the same connection and no second mail. Refuses `org_not_found`, and `connect_request_over` for a request that was refused or is gone, or
 * that another person answered. A device never gets `buy`.
 */
export async function grantConnection(db: Db, consent: Consent): Promise<ConnectionId> {
  const { asked, customer, clientId, at, request } = consent
  const isDevice = asked.model === 'DeviceCode'
  const scopes = isDevice ? consent.scopes.filter((scope) => DEVICE_SCOPES.includes(scope)) : consent.scopes
  const spending = scopes.includes('buy') ? consent.spending : undefined
  return inTransaction(db, async (tx) => {
    const { connection } = await lockRequest(tx, asked, at)
    if (connection) {
      await assertConnectionOf(tx, connection, customer)
      return connection
    }
    const person = await lockCustomer(tx, customer)
    if (!person) throw new ConnectRequestOver()
    const access = await accessTo(tx, customer, consent.org)
    const org = orgIdOf(access)
    if (!(await keepClient(tx, clientId, at))) throw new ConnectRequestOver()
    const id = mintId('con', at, Math.random)
    const { clientName, clientHost, redirectHost } = consent
    const hosts = { ...(clientHost && { clientHost }), ...(redirectHost && { redirectHost }) }
    const client = { clientId, clientName, isDevice, ...hosts }
    await insertConnection(tx, { id, customer, activeOrg: org, ...client, scopes, at, activatedAt: null })
    if (spending) await setRulesIn(tx, { connection: id, by: customer, rules: spending, request, at })
    await tx
      .updateTable('oauth_artifacts')
      .set({ connection_id: id })
      .where('model', '=', asked.model)
      .where('id_hash', '=', hashOfArtifact(asked.id))
      .execute()
    await queueMail(tx, {
      kind: 'new_connection',
      to: person.email,
      data: {
        clientName: shownName(clientName),
        ...(clientHost && { clientHost }),
        org: access.name,
        scopes: [...scopes],
        at: at.toISOString(),
      },
      key: `new_connection:${id}`,
      at,
    })
    const replaced = (consent.replaces ?? []).filter((one) => isId('con', one))
    const own = sql`customer_id = ${customer} and id = any (${replaced}::text[])`
    if (replaced.length) await endConnections(tx, own, { reason: 'replaced', at, request })
    await audit(tx, {
      chain: `customer:${customer}`,
      action: 'connect',
      outcome: 'done',
      customer,
      connection: id,
      client: clientId,
      org,
      object: id,
      request,
      detail: { scopes: scopes.join(' '), ...(isDevice && { device: true }) },
    })
    return id
  })
}

/** Remembers that a person did not allow the connection. Refuses `connect_request_over` when it was allowed before. */
export async function refuseConnection(db: Db, answer: Answer): Promise<void> {
  const { asked, customer, clientId: client, at, request } = answer
  await inTransaction(db, async (tx) => {
    const { connection, isRefused } = await lockRequest(tx, asked, at, { mayBeRefused: true })
    if (connection) throw new ConnectRequestOver()
    if (isRefused) return
    await tx
      .updateTable('oauth_artifacts')
      .set({ refused_at: at })
      .where('model', '=', asked.model)
      .where('id_hash', '=', hashOfArtifact(asked.id))
      .execute()
    const chain = `customer:${customer}` as const
    await audit(tx, { chain, action: 'refuse_connection', outcome: 'done', customer, client, request })
  })
}

/** Locks the request until the commit, so that only one answer counts. */
async function lockRequest(tx: Db, { model, id }: ConnectRequest, at: Date, { mayBeRefused = false } = {}) {
  const row = await tx
    .selectFrom('oauth_artifacts')
    .select(['connection_id', 'refused_at'])
    .where('model', '=', model)
    .where('id_hash', '=', hashOfArtifact(id))
    .where('expires_at', '>', at)
    .forUpdate()
    .executeTakeFirst()
  if (!row || (row.refused_at && !mayBeRefused)) throw new ConnectRequestOver()
  return { connection: row.connection_id, isRefused: row.refused_at !== null }
}

/** Anybody may type a device code, so the person who answers it again may be another one. */
async function assertConnectionOf(tx: Db, id: ConnectionId, customer: CustomerId): Promise<void> {
  const { customer_id: owner } = await tx
    .selectFrom('connections')
    .select('customer_id')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  if (owner !== customer) throw new ConnectRequestOver()
}
