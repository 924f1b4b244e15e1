import { z } from 'zod'
import { packagesThatBring } from '#domain/catalogue'
import { isWithin, packageOfProject, type Until } from '#domain/licensing'
import { projectInUse } from '#domain/projects'
import { offeredVersions } from '#domain/publishing'
import { notInShop } from '#domain/cart'
import { orgArgument, packageArgument, projectRef } from '#kernel/schemas'
import { foreignName } from '../../call/foreign-text.ts'
import { orgListOf, page, pageOf } from '../../call/page.ts'
import { detail } from '../../call/shape.ts'
import { defineTool } from '../../call/tool.ts'

const versionRow = z.looseObject({
  version: z.string(),
  installable: z.boolean().optional().describe('By the project that was named'),
  why_not: z.enum(['not_licensed', 'released_after_window']).optional(),
  stability: detail(z.string()),
  released_at: detail(z.string()),
})

export default defineTool({
  kind: 'read',
  name: 'list_package_versions',
  title: 'List package versions',
  description: `
    Lists the versions of a package, newest first. With a project it also shows which of them that project may
    install, and finds hidden packages that its licences cover. Next: get_install_snippet, or
    purchase_and_install_package.`,
  scope: 'read',
  permission: 'see',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    package: packageArgument,
    project: projectRef.optional(),
    ...page,
  }),
  output: orgListOf(versionRow).extend({ next_step: z.string().optional() }),

  async run({ package: name, project: ref, ...args }, { db, org, cursors }) {
    const project = ref === undefined ? undefined : (await projectInUse(db, org.id, ref)).id
    const found = await packageOfProject(db, { project, name })
    if (!found || !(found.isPublic || found.until))
      throw notInShop(name, await packagesThatBring(db, name), 'package')
    const { id: packageId, until } = found
    let newest: Date | undefined
    const listed = await pageOf(
      { cursors },
      {
        row: versionRow,
        place: { tool: 'list_package_versions', owner: org.id, filter: { package: packageId, project } },
        page: args,
        async read(range) {
          const versions = await offeredVersions(db, { packageId, ...range })
          newest = versions[0]?.releasedAt
          return versions
        },
        keyOf: ({ versionNormalized }) => versionNormalized,
        show: ({ label, stability, releasedAt }) => ({
          version: foreignName(label),
          ...(project && installable(until, releasedAt)),
          stability,
          released_at: releasedAt.toISOString(),
        }),
      },
    )
    const next_step = project && whatToBuy(name, until, newest)
    return { org: org.slug, ...listed, ...(next_step && { next_step }) }
  },
})

/** What to do when a project gets no version, or not the newest. Composer answers 402 then. `newest`: of this page. */
function whatToBuy(name: string, until: Until | undefined, newest: Date | undefined): string | undefined {
  const quote = `call purchase_and_install_package with dry_run for ${name} and this project`
  if (!until) return `The project has no licence for it, so Composer gets a 402: ${quote}.`
  if (newest && !isWithin(until, newest))
    return `Versions released after the paid window need a renewal: ${quote}.`
  return undefined
}

function installable(until: Until | undefined, releasedAt: Date) {
  if (!until) return { installable: false, why_not: 'not_licensed' as const }
  if (!isWithin(until, releasedAt)) return { installable: false, why_not: 'released_after_window' as const }
  return { installable: true }
}
