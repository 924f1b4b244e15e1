import { z } from 'zod'
import { findLicence } from '#domain/licensing'
import { may } from '#domain/orgs'
import { edition, orgArgument } from '#kernel/schemas'
import { defineTool } from '../../tool.ts'
import { licenceRef } from './licence-ref.ts'

export default defineTool({
  name: 'get_licence',
  title: 'Get a licence',
  description: `
    One licence: its status, until when it gets new versions, and the projects its slots are lent to. Next:
    activate_licence, move_activation or deactivate_licence.`,
  scope: 'read',
  deed: 'see',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, licence: licenceRef }),
  output: z.looseObject({
    org: z.string(),
    id: z.string(),
    package: z.string(),
    edition,
    model: z.enum(['free', 'one_time', 'yearly']),
    status: z.enum(['reserved', 'active', 'expired', 'suspended', 'refunded', 'revoked']),
    valid_from: z.string().optional(),
    valid_until: z.string().optional().describe('Versions released later cannot be installed'),
    slots: z.int(),
    free_slots: z.int(),
    activations: z.array(
      z.looseObject({
        project: z.string(),
        slug: z.string(),
        since: z.string(),
        archived: z.boolean().optional().describe('True: the project is archived'),
      }),
    ),
    order_id: z.string().optional(),
  }),

  async run({ licence: id }, { db, org, at }) {
    const licence = await findLicence(db, { org: org.id, id, at })
    const { activatedAt, validUntil, activations } = licence
    return {
      org: org.slug,
      id: licence.id,
      package: licence.packageName,
      edition: licence.edition,
      model: licence.model,
      status: licence.status,
      ...(activatedAt && { valid_from: activatedAt.toISOString() }),
      ...(validUntil && { valid_until: validUntil.toISOString() }),
      slots: licence.slots,
      free_slots: licence.freeSlots,
      activations: activations.map(({ project, slug, since, isArchived }) => ({
        project,
        slug,
        since: since.toISOString(),
        ...(isArchived && { archived: true }),
      })),
      ...(may(org.role, 'see_orders') && { order_id: licence.order }),
    }
  },
})
