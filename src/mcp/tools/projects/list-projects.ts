import { z } from 'zod'
import { installSnippet, listProjects } from '#domain/projects'
import { edition, orgArgument } from '#kernel/schemas'
import { foreignName } from '../../call/foreign-text.ts'
import { orgListOf, page, pageOf } from '../../call/page.ts'
import { detail } from '../../call/shape.ts'
import { defineTool } from '../../call/tool.ts'

const projectRow = z.looseObject({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  edition,
  production_domain: detail(z.string()),
  packages: detail(z.array(z.string())),
  repository_url: detail(z.string()),
  created_at: detail(z.string()),
  cooldown_days: detail(z.int().describe('How long new versions are held back; 0: not at all')),
})

export default defineTool({
  kind: 'read',
  name: 'list_projects',
  title: 'List projects',
  description: `
    Lists an org's projects (Magento installs); detailed: also the packages active on each. Next: get_install_snippet,
    or purchase_and_install_package.`,
  scope: 'read',
  permission: 'see',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, ...page }),
  output: orgListOf(projectRow),

  async run(args, { db, org, cursors, publicUrl }) {
    const listed = await pageOf(
      { cursors },
      {
        row: projectRow,
        place: { tool: 'list_projects', owner: org.id },
        page: args,
        read: (range) => listProjects(db, { org: org.id, ...range }),
        keyOf: ({ slug }) => slug,
        show: ({ name, productionDomain, packages, createdAt, cooldownDays, ...project }) => ({
          ...project,
          name: foreignName(name),
          ...(productionDomain && { production_domain: productionDomain }),
          packages,
          repository_url: installSnippet(publicUrl, project.id, []).repository.url,
          created_at: createdAt.toISOString(),
          cooldown_days: cooldownDays,
        }),
      },
    )
    return { org: org.slug, ...listed }
  },
})
