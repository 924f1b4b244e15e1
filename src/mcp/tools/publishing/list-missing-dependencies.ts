import { z } from 'zod'
import { missingDependencies } from '#domain/publishing'
import { orgArgument } from '#kernel/schemas'
import { foreignName } from '../../call/foreign-text.ts'
import { inMemory, orgListOf, page, pageOf } from '../../call/page.ts'
import { detail } from '../../call/shape.ts'
import { defineTool } from '../../call/tool.ts'

const row = z.looseObject({
  package: z.string(),
  version: z.string(),
  requires: z.string(),
  reason: z.enum(['no_package', 'no_version']).describe('no_version: the package has no version yet'),
  constraint: detail(z.string()),
})

export default defineTool({
  kind: 'read',
  name: 'list_missing_dependencies',
  title: 'List missing dependencies',
  description: `
    What the newest versions of the org's packages require and nobody serves, so that buyers cannot install them. Judges
    only names in the namespaces of this market's vendors; another repository may serve the rest. Next: publish_package
    with its repository.`,
  scope: ['read', 'publish'],
  permission: 'publish',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, ...page }),
  output: orgListOf(row),

  async run(args, { db, org, cursors }) {
    const missing = await missingDependencies(db, { org: org.id })
    const rows = missing.map((each) => ({ ...each, id: `${each.package} ${each.name}` }))
    const place = { tool: 'list_missing_dependencies', owner: org.id }
    return {
      org: org.slug,
      ...(await pageOf(
        { cursors },
        {
          row,
          place,
          page: args,
          ...inMemory(rows),
          show: ({ package: name, version, name: requires, reason, constraint }) => ({
            package: name,
            version: foreignName(version),
            requires,
            reason,
            constraint: foreignName(constraint),
          }),
        },
      )),
    }
  },
})
