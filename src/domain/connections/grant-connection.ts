import { type ConnectionId, type CustomerId, mintId } from '#kernel/ids'
import { audit } from '#domain/audit'
import { orgForCustomer, type Scope } from '#domain/orgs'
import { setRulesIn, type SpendingRules } from '#domain/spending'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { hashOfArtifact } from './artifact-store.ts'
import { keepClient } from './client-store.ts'
import { insertConnection } from './connection-store.ts'
import { ConnectRequestOver } from './errors.ts'

/** The engine's name for the kind of artifact that stores an application's request to connect. */
const REQUEST = 'Interaction'

export interface Answer {
  /** The secret id of the application's request. */
  interaction: string
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
  redirectHost: string
  scopes: readonly Scope[]
  /** What it may spend. Undefined: it may not buy. */
  spending: SpendingRules | undefined
}

/**
 * Connects an application for a person. A second answer to the same request, or two clicks at once, return the same
 * connection. Refuses `org_not_found`, and `connect_request_over` for a request that was refused or is gone.
 */
export async function grantConnection(db: Db, consent: Consent): Promise<ConnectionId> {
  const { interaction, customer, clientId, scopes, spending, at, request } = consent
  return inTransaction(db, async (tx) => {
    const asked = await lockRequest(tx, interaction, at)
    if (asked.connection) return asked.connection
    const { id: org } = await orgForCustomer(tx, customer, consent.org)
    // a client whose id is a URL has no registration; the registration of any other client must be kept
    if (!clientId.startsWith('https://') && !(await keepClient(tx, clientId, at)))
      throw new ConnectRequestOver()
    const id = mintId('con', at, Math.random)
    const { clientName, clientHost, redirectHost } = consent
    const client = { clientId, clientName, redirectHost, ...(clientHost && { clientHost }) }
    await insertConnection(tx, { id, customer, activeOrg: org, ...client, scopes, at, activatedAt: null })
    if (spending) await setRulesIn(tx, { connection: id, by: customer, rules: spending, request, at })
    await tx
      .updateTable('oauth_artifacts')
      .set({ connection_id: id })
      .where('model', '=', REQUEST)
      .where('id_hash', '=', hashOfArtifact(interaction))
      .execute()
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
      detail: { scopes: scopes.join(' ') },
    })
    return id
  })
}

/** Remembers that a person did not allow the connection. Refuses `connect_request_over` when it was allowed before. */
export async function refuseConnection(db: Db, answer: Answer): Promise<void> {
  const { interaction, customer, clientId: client, at, request } = answer
  await inTransaction(db, async (tx) => {
    const asked = await lockRequest(tx, interaction, at, { mayBeRefused: true })
    if (asked.connection) throw new ConnectRequestOver()
    if (asked.isRefused) return
    await tx
      .updateTable('oauth_artifacts')
      .set({ consumed_at: at })
      .where('model', '=', REQUEST)
      .where('id_hash', '=', hashOfArtifact(interaction))
      .execute()
    const chain = `customer:${customer}` as const
    await audit(tx, { chain, action: 'refuse_connection', outcome: 'done', customer, client, request })
  })
}

/** Locks the request until the commit, so that only one answer counts. */
async function lockRequest(tx: Db, interaction: string, at: Date, { mayBeRefused = false } = {}) {
  const row = await tx
    .selectFrom('oauth_artifacts')
    .select(['connection_id', 'consumed_at'])
    .where('model', '=', REQUEST)
    .where('id_hash', '=', hashOfArtifact(interaction))
    .where('expires_at', '>', at)
    .forUpdate()
    .executeTakeFirst()
  if (!row || (row.consumed_at && !mayBeRefused)) throw new ConnectRequestOver()
  return { connection: row.connection_id, isRefused: row.consumed_at !== null }
}
