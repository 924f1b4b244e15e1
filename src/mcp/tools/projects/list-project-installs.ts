import { z } from 'zod'
import { mayOn } from '#domain/orgs'
import { listInstalls, projectFor } from '#domain/projects'
import { orgArgument, projectRef } from '#kernel/schemas'
import { foreignName } from '../../call/foreign-text.ts'
import { orgListOf, page, pageOf } from '../../call/page.ts'
import { detail } from '../../call/shape.ts'
import { defineProjectTool } from '../../call/tool.ts'

const installRow = z.looseObject({
  at: z.string(),
  package: z.string(),
  version: z.string(),
  token_label: z.string().optional().describe('Absent for a role that may not manage tokens'),
  token: detail(z.string()),
})

export default defineProjectTool({
  kind: 'read',
  name: 'list_project_installs',
  title: 'List installs of a project',
  description: `
    Lists what Composer installed on a project, newest first: when, which package and version, with which token. A
    version counts once per minute and token. Next: list_project_tokens.`,
  scope: 'read',
  permission: 'see',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, project: projectRef, ...page }),
  output: orgListOf(installRow).extend({ project: z.string() }),

  async run({ project: ref, ...args }, { db, org, cursors }) {
    const { id: project } = await projectFor(db, org, { project: ref, permission: 'see' })
    const seesTokens = mayOn(org, 'manage_project_tokens', project)
    const listed = await pageOf(
      { cursors },
      {
        row: installRow,
        place: { tool: 'list_project_installs', owner: project },
        page: args,
        read: (range) => listInstalls(db, { project, ...range }),
        keyOf: ({ key }) => key,
        show: ({ at, packageName, version, token }) => ({
          at: at.toISOString(),
          package: packageName,
          version,
          ...(seesTokens && { token_label: foreignName(token.label), token: token.id }),
        }),
      },
    )
    return { org: org.slug, project, ...listed }
  },
})
