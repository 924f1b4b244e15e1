import { z } from 'zod'
import { listProjects } from '#domain/projects'
import { edition, orgArgument } from '#kernel/schemas'
import { orgListOf, page, pageOf } from '../../page.ts'
import { defineTool } from '../../tool.ts'

export default defineTool({
  name: 'list_projects',
  title: 'List projects',
  description: `
    Lists an org's projects (Magento installs) with the packages active on each. Next: get_install_snippet, or
    purchase_and_install_package.`,
  scope: 'read',
  deed: 'see',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, ...page }),
  output: orgListOf(
    z.looseObject({
      id: z.string(),
      slug: z.string(),
      name: z.string(),
      edition,
      production_domain: z.string().optional(),
      packages: z.array(z.string()),
    }),
  ),

  async run(asked, { db, org, cursors }) {
    const listed = await pageOf(
      { cursors },
      {
        place: { tool: 'list_projects', owner: org.id },
        page: asked,
        read: (range) => listProjects(db, { org: org.id, ...range }),
        keyOf: ({ slug }) => slug,
        show: ({ productionDomain, createdAt: __, ...project }) => ({
          ...project,
          ...(productionDomain && { production_domain: productionDomain }),
        }),
      },
    )
    return { org: org.slug, ...listed }
  },
})
