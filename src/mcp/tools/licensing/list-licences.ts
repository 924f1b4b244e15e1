import { z } from 'zod'
import { listLicences } from '#domain/licensing'
import type { LicenceId } from '#kernel/ids'
import { edition, orgArgument, packageName } from '#kernel/schemas'
import { orgListOf, page, pageOf } from '../../page.ts'
import { defineTool } from '../../tool.ts'

export default defineTool({
  name: 'list_licences',
  title: 'List licences',
  description: `
    Lists an org's licences, newest first: package, status, free slots, and the projects they are lent to. Next:
    get_licence, activate_licence.`,
  scope: 'read',
  deed: 'see',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, package: packageName.optional(), ...page }),
  output: orgListOf(
    z.looseObject({
      id: z.string(),
      package: z.string(),
      edition,
      model: z.enum(['free', 'one_time', 'yearly']),
      status: z.string(),
      valid_until: z.string().optional(),
      slots: z.int(),
      free_slots: z.int(),
      projects: z.array(z.string()).describe('Slugs'),
    }),
  ),

  async run({ package: name, ...asked }, { db, org, cursors, at }) {
    const listed = await pageOf(
      { cursors },
      {
        place: { tool: 'list_licences', owner: org.id, filter: { package: name } },
        page: asked,
        read: ({ limit, after }) =>
          listLicences(db, {
            org: org.id,
            packageName: name,
            limit,
            after: after as LicenceId | undefined,
            at,
          }),
        keyOf: ({ id }) => id,
        show: (licence) => ({
          id: licence.id,
          package: licence.packageName,
          edition: licence.edition,
          model: licence.model,
          status: licence.status,
          ...(licence.validUntil && { valid_until: licence.validUntil.toISOString() }),
          slots: licence.slots,
          free_slots: licence.freeSlots,
          projects: licence.projects.map(({ slug }) => slug),
        }),
      },
    )
    return { org: org.slug, ...listed }
  },
})
