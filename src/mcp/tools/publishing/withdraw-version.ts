import { z } from 'zod'
import { withdrawVersion } from '#domain/publishing'
import { orgArgument, packageArgument } from '#kernel/schemas'
import { defineTool } from '../../call/tool.ts'

export default defineTool({
  kind: 'action',
  name: 'withdraw_version',
  title: 'Withdraw a version',
  description: `
    Takes one version of the org's package out of the registry for good: no new install gets it. Projects that locked
    it keep it. Ask the user before; the reason is public. To replace it, tag a new version.`,
  scope: ['read', 'publish'],
  permission: 'publish',
  hints: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    package: packageArgument,
    version: z.string().min(1).max(64).describe('Such as 1.2.0'),
    reason: z.string().min(1).max(100).describe('One line, public'),
  }),
  output: z.looseObject({
    org: z.string(),
    package: z.string(),
    version: z.string(),
    outcome: z
      .enum(['withdrawn', 'nothing_to_do'])
      .describe('nothing_to_do: it was withdrawn or blocked before'),
  }),

  async run({ package: name, version, reason }, { db, caller, org }) {
    const withdrawal = await withdrawVersion(db, { by: { caller, org }, package: name, version, reason })
    const outcome = withdrawal.fresh ? ('withdrawn' as const) : ('nothing_to_do' as const)
    return { org: org.slug, package: name, version, outcome }
  },
})
