import { z } from 'zod'
import { describeConnection } from '#domain/connections'
import { countOpenOperations } from '#domain/operations'
import { type GuestOrg, guestOrgsOf, isGuest, may, orgIdOf, orgsOf, SCOPES } from '#domain/orgs'
import { holdingsOfOrgs } from '#domain/projects'
import { spendingOf, spendingStoppedSince } from '#domain/spending'
import { countPendingInvites, type OwnInvite, ownInvites } from '#domain/team'
import { moneyText } from '#kernel/money'
import { foreignName } from '../../call/foreign-text.ts'
import { type Context, defineTool } from '../../call/tool.ts'

const orgRow = z.looseObject({
  slug: z.string(),
  name: z.string(),
  role: z.string(),
  active: z.boolean(),
  projects: z.int(),
  licences: z.int(),
  orders: z.int().optional().describe('Absent for a role that may not see them'),
  pending_invites: z.int().optional(),
})

const spendingLimit = z.looseObject({
  per_purchase: z.string(),
  left_today: z.string(),
  left_this_month: z.string(),
})

export default defineTool({
  kind: 'read',
  name: 'get_my_dashboard',
  title: 'My dashboard',
  description: `
    Call this first. Shows who you are, your orgs with role and numbers of projects, licences and orders, operations
    that run or wait for a person, what this connection may spend, and scopes that it lacks.`,
  scope: 'read',
  permission: 'any',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({}),
  output: z.looseObject({
    name: z.string(),
    active_org: z.string().optional().describe('Slug; absent when you have left it'),
    orgs: z.array(orgRow),
    guest_of: z
      .array(z.looseObject({ org: z.string(), project: z.string(), role: z.string() }))
      .optional()
      .describe('Projects that other orgs share with you'),
    open_operations: z.looseObject({ running: z.int(), waiting_for_you: z.int() }),
    spending: z
      .looseObject({
        stopped: z.boolean().optional().describe('The active org has stopped assistants'),
        limits: z.array(spendingLimit).describe('Days and months are UTC'),
      })
      .optional()
      .describe('Absent without the scope buy'),
    invites: z
      .array(
        z.looseObject({
          invite: z.string(),
          org: z.string(),
          name: z.string(),
          role: z.string(),
          expires_at: z.string(),
        }),
      )
      .optional()
      .describe('To your address; see accept_invite'),
    missing_scopes: z.array(z.string()),
  }),

  async run(_, context) {
    const { db, caller, activeOrg, at } = context
    const orgs = await orgsOf(db, caller.customer)
    const managed = orgs.filter(({ role }) => may(role, 'manage_members')).map(({ id }) => id)
    const active = activeOrg && orgIdOf(activeOrg)
    const [{ customer }, holdings, open, pending, invites, spending, guests] = await Promise.all([
      describeConnection(db, caller.connection),
      holdingsOfOrgs(db, { orgs: orgs.map(({ id }) => id), at }),
      countOpenOperations(db, caller.customer),
      countPendingInvites(db, { orgs: managed, at }),
      ownInvites(db, { customer: caller.customer, at }),
      caller.scopes.includes('buy') ? shownSpending(context) : undefined,
      guestOrgsOf(db, caller.customer),
    ])
    return {
      name: foreignName(customer.displayName),
      ...(activeOrg && { active_org: activeOrg.slug }),
      orgs: orgs.map(({ id, slug, name, role }) => {
        const held = holdings.find(({ org }) => org === id)
        const { projects = 0, licences = 0, orders = 0 } = held ?? {}
        const invited = pending.get(id)
        const counts = {
          projects,
          licences,
          ...(may(role, 'see_orders') && { orders }),
          ...(invited && { pending_invites: invited }),
        }
        return { slug, name: foreignName(name), role, active: id === active, ...counts }
      }),
      ...(guests.length && { guest_of: guests.flatMap(sharedBy) }),
      open_operations: { running: open.running, waiting_for_you: open.waiting },
      ...(spending && { spending }),
      ...(invites.length > 0 && { invites: invites.map(shownInvite) }),
      missing_scopes: SCOPES.filter((scope) => !caller.scopes.includes(scope)),
    }
  },
})

const shownInvite = ({ id, org, role, expiresAt }: OwnInvite) => ({
  invite: id,
  org: org.slug,
  name: foreignName(org.name),
  role,
  expires_at: expiresAt.toISOString(),
})
const sharedBy = ({ slug: org, shared }: GuestOrg) =>
  shared.map(({ slug: project, role }) => ({ org, project, role }))

async function shownSpending({ db, caller, activeOrg, spending: settings, at }: Context) {
  const { currencies } = await spendingOf(db, { connection: caller.connection, settings, at })
  const isStopped = activeOrg && !isGuest(activeOrg) && (await spendingStoppedSince(db, activeOrg.id))
  return {
    ...(isStopped && { stopped: true }),
    limits: currencies.map(({ limit: { currency, perPurchase }, left }) => ({
      per_purchase: moneyText({ amountMinor: perPurchase, currency }),
      left_today: moneyText({ amountMinor: left.today, currency }),
      left_this_month: moneyText({ amountMinor: left.thisMonth, currency }),
    })),
  }
}
