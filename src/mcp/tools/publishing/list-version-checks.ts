import { z } from 'zod'
import { packageOfOrg } from '#domain/publications'
import { checksOfVersion } from '#domain/publishing'
import { orgArgument, packageArgument } from '#kernel/schemas'
import { foreignName, foreignText, SUMMARY } from '../../call/foreign-text.ts'
import { defineTool } from '../../call/tool.ts'

export default defineTool({
  kind: 'read',
  name: 'list_version_checks',
  title: 'List checks of a version',
  description: `
    What was checked in one version of the org's package: manifest, module files, PHP syntax, secrets, size, whether its
    tag was moved. A check never stops a publication. Default: the newest version.`,
  scope: ['read', 'publish'],
  permission: 'publish',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    package: packageArgument,
    version: z.string().min(1).max(64).optional().describe('Such as 1.2.0'),
  }),
  output: z.looseObject({
    org: z.string(),
    package: z.string(),
    version: z.string(),
    commit: z.string(),
    checks: z.array(
      z.looseObject({
        name: z.string(),
        status: z.enum(['pass', 'warn', 'fail', 'skipped']),
        message: z.string(),
      }),
    ),
  }),

  async run({ package: name, version }, { db, org }) {
    const packageId = await packageOfOrg(db, { org: org.id, name })
    const { label, commit, checks } = await checksOfVersion(db, { packageId, name, version })
    return {
      org: org.slug,
      package: name,
      version: foreignName(label),
      commit,
      // a message may quote paths of the package
      checks: checks.map((each) => ({
        name: each.name,
        status: each.status,
        message: foreignText(each.message, SUMMARY),
      })),
    }
  },
})
