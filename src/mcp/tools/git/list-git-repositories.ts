import { z } from 'zod'
import { orgArgument } from '#kernel/schemas'
import { foreignName } from '../../call/foreign-text.ts'
import { orgListOf, page, pageOf } from '../../call/page.ts'
import { detail } from '../../call/shape.ts'
import { defineTool } from '../../call/tool.ts'

const repositoryRow = z.looseObject({
  path: z.string(),
  url: z.string().describe('For publish_package'),
  private: z.boolean(),
  id: detail(z.string()),
})

export default defineTool({
  kind: 'read',
  name: 'list_git_repositories',
  title: 'List Git repositories',
  description: `
    Lists the repositories that an org may publish by one Git integration: those to which the connected person may
    push. One is missing: call start_git_integration for its host, and the user chooses it there.`,
  scope: ['read', 'publish'],
  permission: 'publish',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: true },
  input: z.strictObject({
    integration: z.string().max(40).describe('An id of list_git_integrations'),
    org: orgArgument,
    ...page,
  }),
  output: orgListOf(repositoryRow),

  async run({ integration: id, ...args }, { git, org, cursors, at }) {
    const place = { tool: 'list_git_repositories', owner: org.id, filter: { integration: id } }
    let stoppedAt: string | undefined
    const listed = await pageOf(
      { cursors },
      {
        row: repositoryRow,
        place,
        page: args,
        async read(range) {
          const found = await git.listRepositories({ org: org.id, id, at, ...range })
          stoppedAt = found.stoppedAt
          return found.repositories
        },
        keyOf: ({ place }) => place,
        show: ({ id: repository, path, cloneUrl, isPrivate }) => ({
          path: foreignName(path),
          url: cloneUrl,
          private: isPrivate,
          id: repository,
        }),
      },
    )
    // the host lists more than one call reads
    const next = stoppedAt !== undefined && !listed.next_cursor && cursors.sign(place, stoppedAt)
    return { org: org.slug, ...listed, ...(next && { next_cursor: next }) }
  },
})
