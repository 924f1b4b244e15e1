import { z } from 'zod'
import { licenceFor } from '#domain/licensing'
import { isGuest, may } from '#domain/orgs'
import { edition, orgArgument } from '#kernel/schemas'
import { detail, responseFormat } from '../../call/shape.ts'
import { defineProjectTool } from '../../call/tool.ts'
import { licenceRef } from './licence-ref.ts'

export default defineProjectTool({
  kind: 'read',
  name: 'get_licence',
  title: 'Get a licence',
  description: `
    Shows one licence: its status, until when it gets new versions, and its projects; detailed: its terms and order.
    Next: activate_licence, move_activation or deactivate_licence.`,
  scope: 'read',
  permission: 'see',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, licence: licenceRef, response_format: responseFormat }),
  output: z.looseObject({
    org: z.string(),
    id: z.string(),
    package: z.string(),
    status: z.enum(['reserved', 'active', 'expired', 'suspended', 'refunded', 'revoked']),
    valid_until: z.string().optional().describe('Versions released later cannot be installed'),
    free_slots: z.int().optional().describe('Absent for a guest'),
    activations: z.array(
      z.looseObject({
        project: z.string(),
        slug: z.string(),
        archived: z.boolean().optional().describe('True: the project is archived'),
        since: detail(z.string()),
      }),
    ),
    edition: detail(edition),
    model: detail(z.enum(['free', 'one_time', 'yearly'])),
    slots: detail(z.int()),
    valid_from: detail(z.string()),
    order_id: detail(z.string()),
  }),

  async run({ licence: id }, { db, org, at }) {
    const licence = await licenceFor(db, org, { id, at })
    const { activatedAt, validUntil, activations } = licence
    return {
      org: org.slug,
      id: licence.id,
      package: licence.packageName,
      status: licence.status,
      ...(validUntil && { valid_until: validUntil.toISOString() }),
      ...(licence.freeSlots !== undefined && { free_slots: licence.freeSlots }),
      activations: activations.map(({ project, slug, since, isArchived }) => ({
        project,
        slug,
        ...(isArchived && { archived: true }),
        since: since.toISOString(),
      })),
      edition: licence.edition,
      model: licence.model,
      ...(licence.slots !== undefined && { slots: licence.slots }),
      ...(activatedAt && { valid_from: activatedAt.toISOString() }),
      ...(!isGuest(org) && may(org.role, 'see_orders') && { order_id: licence.order }),
    }
  },
})
