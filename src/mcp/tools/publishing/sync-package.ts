import { syncPackage } from '#contracts/sync-package'
import { idempotencyKey, orgArgument } from '#kernel/schemas'
import { defineStoryTool } from '../../call/tool.ts'

export default defineStoryTool({
  name: 'sync_package',
  title: 'Look for new tags now',
  description: `
    Looks at the tags of a published package's repository at once: new version tags become versions, moved ones are
    reported. Pushed tags are found without this call; use it when one is missing. Next: list_version_checks.`,
  scope: ['read', 'publish'],
  permission: 'publish',
  hints: { readOnly: false, destructive: false, idempotent: true, openWorld: true },
  contract: syncPackage,
  input: syncPackage.input.extend({ org: orgArgument, idempotency_key: idempotencyKey }),

  async run({ idempotency_key: key, package: name }, { caller, org, operations, at }) {
    return operations.startOrJoin(syncPackage, { key, caller, org, input: { package: name }, at })
  },
})
