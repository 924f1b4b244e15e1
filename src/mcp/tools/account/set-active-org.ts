import { z } from 'zod'
import { setActiveOrg } from '#domain/connections'
import { accessesOf, orgIdOf, roleIn } from '#domain/orgs'
import type { CustomerId, OrgId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { foreignName } from '../../call/foreign-text.ts'
import { defineProjectTool } from '../../call/tool.ts'

export default defineProjectTool({
  kind: 'action',
  name: 'set_active_org',
  title: 'Set the active org',
  description: `
    Makes another of your orgs the active one of this connection: every later call without org is about its projects,
    licences and orders. All conversations of the connection share it. For one call in another org, pass org.`,
  scope: 'read',
  permission: 'see',
  hints: { readOnly: false, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ org: z.string().min(1).max(64).describe('Slug or id') }),
  output: z.looseObject({
    org: z.string(),
    name: z.string(),
    role: z.string(),
    changed: z.boolean().describe('False: it was the active one already'),
    previous_org: z.string().optional().describe('Absent when you have left it'),
  }),

  async run(_, { db, org: wanted, caller }) {
    const { org, previous } = await setActiveOrg(db, { caller, org: wanted })
    const changed = previous !== orgIdOf(org)
    const left = changed && (await knownOrg(db, caller.customer, previous))
    return {
      org: org.slug,
      name: foreignName(org.name),
      role: roleIn(org),
      changed,
      ...(left && { previous_org: left.slug }),
    }
  },
})

/** Undefined for an org of which the caller is neither a member nor a guest any more. */
const knownOrg = async (db: Db, customer: CustomerId, org: OrgId) =>
  (await accessesOf(db, customer)).find((each) => orgIdOf(each) === org)
