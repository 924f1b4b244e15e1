import { publishPackage } from '#contracts/publish-package'
import { idempotencyKey, orgArgument } from '#kernel/schemas'
import { defineStoryTool } from '../../call/tool.ts'

export default defineStoryTool({
  name: 'publish_package',
  title: 'Publish packages from Git',
  description: `
    Publishes the Composer packages of Git repositories: each version tag, such as v1.2.0, becomes a version, and so do
    tags pushed later. Without access to the Git host it returns a URL for the user, and goes on by itself after that.
    A refused repository spares the others. A published package has no price yet.`,
  scope: ['read', 'publish'],
  permission: 'publish',
  hints: { readOnly: false, destructive: false, idempotent: true, openWorld: true },
  contract: publishPackage,
  input: publishPackage.input.extend({ org: orgArgument, idempotency_key: idempotencyKey }),

  async run(
    { idempotency_key: key, repositories: urls, vendor, dry_run },
    { caller, org, operations, git, at },
  ) {
    // refused here, so that a wrong URL does not use up the key; no URL is stored as it was written
    const repositories = [...new Set(urls.map((url) => git.addressOf(url).url))]
    const input = { repositories, ...(vendor !== undefined && { vendor }), ...(dry_run && { dry_run }) }
    return operations.startOrJoin(publishPackage, { key, caller, org, input, at })
  },
})
