import type {
  ConnectionId,
  CustomerId,
  OperationId,
  OrgId,
  PaymentMethodId,
  ProjectId,
  ProjectTokenId,
  ShareId,
} from '#kernel/ids'
import type { OperationStatus } from '#contracts/status-update'
import { guestRolesWith } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'

/** What a person made in an org and what still works there, each newest first and at most 50. */
export interface MadeByMember {
  /** Keys of projects. They work until somebody revokes them. */
  tokens: {
    id: ProjectTokenId
    label: string
    publicKey: string
    project: string
    lastUsedAt: Date | undefined
    expiresAt: Date | undefined
    /** It ends at `expiresAt` only if it is not used before. */
    endsIfUnused: boolean
  }[]
  /** Operations that run or wait. `stoppable`: an owner or admin can stop it now. */
  operations: { id: OperationId; story: string; status: OperationStatus; stoppable: boolean }[]
  /** Cards of the org. */
  cards: { id: PaymentMethodId; brand: string; last4: string }[]
  /** People whom this person let in to a project. They see it until somebody ends the share. */
  guests: { share: ShareId; email: string; name: string; project: string; projectId: ProjectId }[]
  /** Assistants of this person that work in the org. Without a membership each call is refused. */
  connections: { id: ConnectionId; name: string }[]
}

const MOST = 50

interface Made {
  org: OrgId
  customer: CustomerId
  at: Date
}

export async function madeByMember(db: Db, made: Made): Promise<MadeByMember> {
  // one after another, because a transaction has one connection
  const tokens = await tokensOf(db, made)
  const operations = await operationsOf(db, made)
  const cards = await cardsOf(db, made)
  const guests = await guestsOf(db, made)
  return { tokens, operations, cards, guests, connections: await connectionsOf(db, made) }
}

export interface FormerMember {
  customer: CustomerId
  displayName: string
}

/**
 * People who are no members, but whose tokens, operations, cards or guests in the org go on, oldest account first, at
 * most 50, beginning after `after`.
 */
export async function formerMembers(
  db: Db,
  {
    org,
    at,
    limit = MOST,
    after,
  }: Pick<Made, 'org' | 'at'> & { limit?: number; after?: CustomerId | undefined },
): Promise<FormerMember[]> {
  const rows = await former(db, { org, at })
    .$if(after !== undefined, (query) => query.where('u.id', '>', after ?? 'cst_'))
    .orderBy('u.id')
    .limit(limit)
    .execute()
  return rows.map(({ id, display_name }) => ({ customer: id, displayName: display_name }))
}

/** One of them. Undefined for everybody else. */
export async function formerMember(db: Db, { customer, ...made }: Made): Promise<FormerMember | undefined> {
  const row = await former(db, made).where('u.id', '=', customer).executeTakeFirst()
  return row && { customer: row.id, displayName: row.display_name }
}

const former = (db: Db, { org, at }: Pick<Made, 'org' | 'at'>) =>
  db
    .selectFrom('customers as u')
    .select(['u.id', 'u.display_name'])
    // one list of ids: with four lists joined by OR, Postgres reads all customers
    .where(
      'u.id',
      'in',
      liveTokens(db, { org, at })
        .clearSelect()
        .select('t.created_by as maker')
        .union(openOperations(db, org).clearSelect().select('p.asked_by as maker'))
        .union(liveCards(db, org).clearSelect().select('p.asked_by as maker'))
        .union(liveGuests(db, org).clearSelect().select('s.shared_by as maker')),
    )
    .where((is) =>
      is.not(
        is.exists(
          is
            .selectFrom('org_members as m')
            .select('m.role')
            .where('m.org_id', '=', org)
            .whereRef('m.customer_id', '=', 'u.id'),
        ),
      ),
    )

/** Live tokens of the org, without those whose maker is now a guest who manages the keys of the same project. */
const liveTokens = (db: Db, { org, at }: Pick<Made, 'org' | 'at'>) =>
  db
    .selectFrom('project_tokens as t')
    .innerJoin('projects as j', 'j.id', 't.project_id')
    .select([
      't.id',
      't.label',
      't.public_key',
      'j.slug',
      't.last_used_at',
      't.expires_at',
      't.ends_if_unused',
    ])
    .where('j.org_id', '=', org)
    .where('j.archived_at', 'is', null)
    .where('t.revoked_at', 'is', null)
    .where((is) => is.or([is('t.expires_at', 'is', null), is('t.expires_at', '>', at)]))
    .where((is) =>
      is.not(
        is.exists(
          is
            .selectFrom('project_guests as g')
            .select('g.share_id')
            .whereRef('g.project_id', '=', 't.project_id')
            .whereRef('g.customer_id', '=', 't.created_by')
            .where('g.role', 'in', guestRolesWith('manage_project_tokens')),
        ),
      ),
    )

const openOperations = (db: Db, org: OrgId) =>
  db
    .selectFrom('operations as p')
    .select(['p.id', 'p.story', 'p.status', 'p.cancellable', 'p.cancel_requested_at'])
    .where('p.org_id', '=', org)
    .where('p.finished_at', 'is', null)

const liveGuests = (db: Db, org: OrgId) =>
  db
    .selectFrom('project_guests as g')
    .innerJoin('project_shares as s', 's.id', 'g.share_id')
    .innerJoin('projects as j', 'j.id', 'g.project_id')
    .innerJoin('customers as c', 'c.id', 'g.customer_id')
    .select(['s.id as share', 'c.email_norm as email', 'c.display_name as name', 'j.slug as project'])
    .select('j.id as projectId')
    .where('g.org_id', '=', org)
    .where('j.archived_at', 'is', null)

async function tokensOf(db: Db, { org, customer, at }: Made): Promise<MadeByMember['tokens']> {
  const rows = await liveTokens(db, { org, at })
    .where('t.created_by', '=', customer)
    .orderBy('t.id', 'desc')
    .limit(MOST)
    .execute()
  return rows.map(({ id, label, public_key, slug, last_used_at, expires_at, ends_if_unused }) => ({
    id,
    label,
    publicKey: public_key,
    project: slug,
    lastUsedAt: last_used_at ?? undefined,
    expiresAt: expires_at ?? undefined,
    endsIfUnused: ends_if_unused,
  }))
}

async function operationsOf(db: Db, { org, customer }: Made): Promise<MadeByMember['operations']> {
  const rows = await openOperations(db, org)
    .where('p.asked_by', '=', customer)
    .orderBy('p.id', 'desc')
    .limit(MOST)
    .execute()
  return rows.map(({ id, story, status, cancellable, cancel_requested_at }) => ({
    id,
    story,
    status,
    stoppable: cancellable && !cancel_requested_at,
  }))
}

const guestsOf = (db: Db, { org, customer }: Made): Promise<MadeByMember['guests']> =>
  liveGuests(db, org).where('s.shared_by', '=', customer).orderBy('s.id', 'desc').limit(MOST).execute()

const liveCards = (db: Db, org: OrgId) =>
  db
    .selectFrom('payment_methods as c')
    .innerJoin('operations as p', 'p.id', 'c.added_by')
    .select(['c.id', 'c.brand', 'c.last4'])
    .where('c.org_id', '=', org)
    .where('c.removed_at', 'is', null)

const cardsOf = (db: Db, { org, customer }: Made): Promise<MadeByMember['cards']> =>
  liveCards(db, org).where('p.asked_by', '=', customer).orderBy('c.id', 'desc').limit(MOST).execute()

async function connectionsOf(db: Db, { org, customer }: Made): Promise<MadeByMember['connections']> {
  return db
    .selectFrom('connections')
    .select(['id', 'client_name as name'])
    .where('customer_id', '=', customer)
    .where('active_org_id', '=', org)
    .where('revoked_at', 'is', null)
    .where('activated_at', 'is not', null)
    .orderBy('id', 'desc')
    .limit(MOST)
    .execute()
}
