import { z } from 'zod'
import { licencesFor, licencePlaceAfter, licencePlaceIn, RENEWAL_DAYS } from '#domain/licensing'
import { orgIdOf } from '#domain/orgs'
import { edition, orgArgument, packageArgument } from '#kernel/schemas'
import { isEmpty, orgListOf, page, pageOf } from '../../call/page.ts'
import { detail } from '../../call/shape.ts'
import { defineProjectTool } from '../../call/tool.ts'

const licenceRow = z.looseObject({
  id: z.string(),
  package: z.string(),
  status: z.string(),
  valid_until: z.string().optional().describe('Yearly licences: end of the paid window'),
  free_slots: z.int().optional().describe('Absent for a guest'),
  projects: z.array(z.string()).describe('Slugs of where it is active'),
  edition: detail(edition),
  model: detail(z.enum(['free', 'one_time', 'yearly'])),
  slots: detail(z.int()),
  valid_from: detail(z.string()),
  activations: detail(z.array(z.looseObject({ project: z.string(), slug: z.string() }))),
})

export default defineProjectTool({
  kind: 'read',
  name: 'list_licences',
  title: 'List licences',
  description: `
    Lists in one call what an org owns: its licences, newest first, with package, status, free slots and the projects
    they are active on. only: those with a free slot (longest lasting first), that end in 60 days (first one first), or that ended (last one first). Next: get_licence, activate_licence, move_activation.`,
  scope: 'read',
  permission: 'see',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    package: packageArgument.optional(),
    only: z
      .enum(['with_free_slot', 'ending', 'ended'])
      .optional()
      .describe('ended: the paid window is over, or it was revoked'),
    ...page,
  }),
  output: orgListOf(licenceRow).extend({ next_step: z.string().optional() }),

  async run({ package: name, only, ...args }, { db, org, cursors, at }) {
    const listed = await pageOf(
      { cursors },
      {
        row: licenceRow,
        place: { tool: 'list_licences', owner: orgIdOf(org), filter: { package: name, only } },
        page: args,
        read: ({ limit, after }) =>
          licencesFor(db, org, {
            packageName: name,
            withFreeSlot: only === 'with_free_slot' || undefined,
            ended: only === 'ended' || undefined,
            endingBefore: only === 'ending' ? new Date(at.getTime() + RENEWAL_DAYS * DAY_MS) : undefined,
            limit,
            after: after === undefined ? undefined : licencePlaceIn(after),
            at,
          }),
        keyOf: licencePlaceAfter,
        show: (licence) => ({
          id: licence.id,
          package: licence.packageName,
          status: licence.status,
          ...(licence.validUntil && { valid_until: licence.validUntil.toISOString() }),
          ...(licence.freeSlots !== undefined && { free_slots: licence.freeSlots }),
          projects: licence.projects.map(({ slug }) => slug),
          edition: licence.edition,
          model: licence.model,
          ...(licence.slots !== undefined && { slots: licence.slots }),
          ...(licence.activatedAt && { valid_from: licence.activatedAt.toISOString() }),
          activations: licence.projects.map(({ id, slug }) => ({ project: id, slug })),
        }),
      },
    )
    const isNothing = args.cursor === undefined && isEmpty(listed)
    return { org: org.slug, ...listed, ...(isNothing && only && { next_step: NOTHING[only] }) }
  },
})

const DAY_MS = 24 * 60 * 60 * 1000

/** What to do when no licence fits. */
const NOTHING = {
  with_free_slot:
    'No licence has a free slot: free one by deactivate_licence, or buy another by purchase_and_install_package.',
  ending: 'No licence ends in the next 60 days. Call list_licences without only to see all.',
  ended: 'No licence has ended. Call list_licences without only to see all.',
}
