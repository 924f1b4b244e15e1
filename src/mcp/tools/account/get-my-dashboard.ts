import { z } from 'zod'
import { describeConnection } from '#domain/connections'
import { countOpenOperations } from '#domain/operations'
import { may, orgsOf, SCOPES } from '#domain/orgs'
import { holdingsOfOrgs } from '#domain/projects'
import { foreignName } from '../../call/foreign-text.ts'
import { defineTool } from '../../call/tool.ts'

const orgRow = z.looseObject({
  slug: z.string(),
  name: z.string(),
  role: z.string(),
  active: z.boolean(),
  projects: z.int(),
  licences: z.int(),
  orders: z.int().optional().describe('Absent for a role that may not see them'),
})

export default defineTool({
  kind: 'read',
  name: 'get_my_dashboard',
  title: 'My dashboard',
  description: `
    Call this first. Shows who you are, your orgs with role and numbers of projects, licences and orders, operations
    that run or wait for a person, and scopes that this connection lacks.`,
  scope: 'read',
  permission: 'any',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({}),
  output: z.looseObject({
    name: z.string(),
    active_org: z.string().optional().describe('Slug; absent when you have left it'),
    orgs: z.array(orgRow),
    open_operations: z.looseObject({ running: z.int(), waiting_for_you: z.int() }),
    missing_scopes: z.array(z.string()),
  }),

  async run(_, { db, caller, activeOrg, at }) {
    const orgs = await orgsOf(db, caller.customer)
    const [{ customer }, holdings, open] = await Promise.all([
      describeConnection(db, caller.connection),
      holdingsOfOrgs(db, { orgs: orgs.map(({ id }) => id), at }),
      countOpenOperations(db, caller.customer),
    ])
    return {
      name: foreignName(customer.displayName),
      ...(activeOrg && { active_org: activeOrg.slug }),
      orgs: orgs.map(({ id, slug, name, role }) => {
        const held = holdings.find(({ org }) => org === id)
        const { projects = 0, licences = 0, orders = 0 } = held ?? {}
        const counts = { projects, licences, ...(may(role, 'see_orders') && { orders }) }
        return { slug, name: foreignName(name), role, active: id === activeOrg?.id, ...counts }
      }),
      open_operations: { running: open.running, waiting_for_you: open.waiting },
      missing_scopes: SCOPES.filter((scope) => !caller.scopes.includes(scope)),
    }
  },
})
