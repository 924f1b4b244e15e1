import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { addCustomer } from '#domain/identity'
import { addMember, type Caller, type OrgAccess, lockOrg, SCOPES } from '#domain/orgs'
import { acceptInvite, inviteMember } from '#domain/team'
import { type CustomerId, mintId, type OrgId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { openSecrets } from '#platform/secrets'
import { inTransaction } from '#platform/transactions'
import type { OrgRole } from '../../src/platform/tables.ts'
import { lockWaiters } from './lock-waiters.ts'
import { anOrg } from './mcp.ts'

export const at = new Date()

/** Somebody with an account, in the browser. */
export interface Teammate {
  customer: CustomerId
  email: string
  caller: Caller
}

export async function somebody(db: Db, displayName = 'Somebody'): Promise<Teammate> {
  const customer = mintId('cst', at, Math.random)
  const email = `${customer.slice(4).toLowerCase()}@example.test`
  await addCustomer(db, { id: customer, email, displayName, at })
  return { customer, email, caller: { customer, request: `req-${customer}`, scopes: SCOPES } }
}

/** Uses an invite, by its id or by the token of its mail. */
export const accepts = (db: Db, { caller }: Pick<Teammate, 'caller'>, invite: string, when = at) =>
  acceptInvite(db, { caller, invite, at: when })

/** A new org with one member for each name; the names are roles, such as `owner`, or `owner 2`. */
export async function aTeam<Name extends string>(db: Db, ...names: Name[]) {
  const org = await anOrg(db)
  const people = {} as Record<Name, Teammate>
  for (const name of names) {
    people[name] = await somebody(db, name)
    const [role] = name.split(' ')
    await addMember(db, { org: org.id, customer: people[name].customer, role: role as OrgRole, at })
  }
  const change = (name: Name) => ({ caller: people[name].caller, org: org as OrgAccess, at })
  return {
    org,
    people,
    /** A change of the org by this member. */
    by: change,
    roles: () => rolesIn(db, org.id),
    /** The actions in the chain of the org, oldest first. */
    actions: () => actionsIn(db, org.id),
    /** Invites; returns the id of the invite, and the token of its mail. */
    async invites(name: Name, email: string, role: OrgRole) {
      const secrets = openSecrets({ key: randomBytes(32).toString('base64') })
      const sealed: string[] = []
      const seal = (token: string, about: string) => {
        sealed.push(token)
        return secrets.seal(token, about)
      }
      const { id } = await inviteMember(db, { seal }, { ...change(name), email, role })
      return { id, token: sealed[0] ?? '' }
    },
  }
}

async function rolesIn(db: Db, org: OrgId): Promise<Record<string, OrgRole>> {
  const rows = await db
    .selectFrom('org_members as m')
    .innerJoin('customers as u', 'u.id', 'm.customer_id')
    .select(['u.display_name', 'm.role'])
    .where('m.org_id', '=', org)
    .execute()
  return Object.fromEntries(rows.map(({ display_name, role }) => [display_name, role]))
}

async function actionsIn(db: Db, org: OrgId): Promise<string[]> {
  const rows = await db
    .selectFrom('audit_events')
    .select('body')
    .where('chain', '=', `org:${org}`)
    .orderBy('seq')
    .execute()
  return rows.map(({ body }) => (JSON.parse(body) as { action: string }).action)
}

/** Starts all of them while the org is locked, so that they meet; returns the code of each refusal, or `done`. */
export const race = (db: Db, org: OrgId, ...acts: (() => Promise<unknown>)[]): Promise<string[]> =>
  raceAfter(db, org, async () => {}, ...acts)

/** As `race`, but first commits what `meanwhile` does under the lock for which they all wait. */
export async function raceAfter(
  db: Db,
  org: OrgId,
  meanwhile: (tx: Db) => Promise<unknown>,
  ...acts: (() => Promise<unknown>)[]
): Promise<string[]> {
  let running: Promise<PromiseSettledResult<unknown>[]> | undefined
  await inTransaction(db, async (tx) => {
    await lockOrg(tx, org)
    running = Promise.allSettled(acts.map((act) => act()))
    await expect.poll(() => lockWaiters(db), { interval: 5 }).toBe(acts.length)
    await meanwhile(tx)
  })
  return ((await running) ?? []).map((each) =>
    each.status === 'fulfilled' ? 'done' : ((each.reason as { code?: string }).code ?? String(each.reason)),
  )
}
