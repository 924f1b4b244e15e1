import { z } from 'zod'
import { assertMay, listOrgMembers, may } from '#domain/orgs'
import { formerMembers } from '#domain/team'
import type { CustomerId } from '#kernel/ids'
import { orgArgument } from '#kernel/schemas'
import { foreignName } from '../../call/foreign-text.ts'
import { isEmpty, orgListOf, page, pageOf } from '../../call/page.ts'
import { detail } from '../../call/shape.ts'
import { defineTool } from '../../call/tool.ts'

const NOBODY_LEFT = 'Nothing is to do: nothing of people who left goes on.'

const memberRow = z.looseObject({
  id: z.string(),
  name: z.string(),
  role: z.string().optional(),
  you: z.literal(true).optional(),
  email: detail(z.string()),
  joined_at: detail(z.string()),
})

export default defineTool({
  kind: 'read',
  name: 'list_org_members',
  title: 'List the members of an org',
  description: `
    Lists an org's members: id, name, role, oldest first. Detailed: since when, and the e-mail address, which only an owner or admin
    sees of others.`,
  scope: 'read',
  permission: 'see',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    left: z
      .boolean()
      .optional()
      .describe('Lists people who left and whose keys, operations, cards or guests go on'),
    ...page,
  }),
  output: orgListOf(memberRow).extend({ next_step: z.string().optional() }),

  async run(args, { db, org, caller, cursors, at }) {
    const { left, ...asked } = args
    if (left) {
      assertMay(org, 'manage_members')
      const people = await pageOf(
        { cursors },
        {
          row: memberRow,
          place: { tool: 'list_org_members', owner: org.id, filter: { left: 'yes' } },
          page: asked,
          read: ({ limit, after }) =>
            formerMembers(db, { org: org.id, at, limit, after: after as CustomerId | undefined }),
          keyOf: ({ customer }) => customer,
          show: ({ customer, displayName }) => ({ id: customer, name: foreignName(displayName) }),
        },
      )
      const isNothing = asked.cursor === undefined && isEmpty(people)
      return { org: org.slug, ...people, ...(isNothing && { next_step: NOBODY_LEFT }) }
    }
    const seesAddresses = may(org.role, 'manage_members')
    const listed = await pageOf(
      { cursors },
      {
        row: memberRow,
        place: { tool: 'list_org_members', owner: org.id },
        page: asked,
        read: ({ limit, after }) => listOrgMembers(db, { org: org.id, limit, after: memberPlaceIn(after) }),
        keyOf: ({ id, joinedAt }) => `${joinedAt.toISOString()} ${id}`,
        show: ({ id, displayName, email, role, joinedAt }) => {
          const you = id === caller.customer
          return {
            id,
            name: foreignName(displayName),
            role,
            ...(you && { you }),
            ...((you || seesAddresses) && { email }),
            joined_at: joinedAt.toISOString(),
          }
        },
      },
    )
    return { org: org.slug, ...listed }
  },
})

function memberPlaceIn(key: string | undefined) {
  if (key === undefined) return undefined
  const [joinedAt = '', id = ''] = key.split(' ')
  return { joinedAt: new Date(joinedAt), id: id as CustomerId }
}
