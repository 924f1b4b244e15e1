import { z } from 'zod'
import { orgArgument } from '#kernel/schemas'
import { foreignName } from '../../call/foreign-text.ts'
import { inMemory, orgListOf, page, pageOf } from '../../call/page.ts'
import { detail } from '../../call/shape.ts'
import { defineTool } from '../../call/tool.ts'

const integrationRow = z.looseObject({
  id: z.string(),
  host: z.string(),
  account: z.string(),
  state: z.enum(['connected', 'broken']).describe('broken: call start_git_integration for this host'),
  repositories: detail(z.int().describe('GitHub: how many it may publish')),
  automatic_hooks: detail(z.boolean()),
  connected_by: detail(z.string()),
  connected_at: detail(z.string()),
})

export default defineTool({
  kind: 'read',
  name: 'list_git_integrations',
  title: 'List Git integrations',
  description: `
    Lists the accounts of Git hosts from which an org may publish. Next: list_git_repositories, or
    start_git_integration. Only the user can disconnect one, at /account/git.`,
  scope: ['read', 'publish'],
  permission: 'publish',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, ...page }),
  output: orgListOf(integrationRow),

  async run(args, { git, org, cursors }) {
    const listed = await pageOf(
      { cursors },
      {
        row: integrationRow,
        place: { tool: 'list_git_integrations', owner: org.id },
        page: args,
        ...inMemory(await git.list(org.id)),
        show: ({ id, host, account, state, repositories, mayHook, connectedBy, connectedAt }) => ({
          id,
          host,
          account: foreignName(account),
          state,
          ...(repositories !== undefined && { repositories }),
          automatic_hooks: mayHook,
          connected_by: foreignName(connectedBy),
          connected_at: connectedAt.toISOString(),
        }),
      },
    )
    return { org: org.slug, ...listed }
  },
})
