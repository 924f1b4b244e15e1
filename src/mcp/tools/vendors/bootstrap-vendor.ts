import { bootstrapVendor } from '#contracts/bootstrap-vendor'
import { idempotencyKey, orgArgument } from '#kernel/schemas'
import { defineStoryTool } from '../../call/tool.ts'

export default defineStoryTool({
  name: 'bootstrap_vendor',
  title: 'Become a vendor',
  description: `
    Makes an org a vendor that can publish: applies (or takes the application it has), returns a URL where the user
    connects the Git host, then waits until the operator approves, which may take days. First let the user read and
    accept /vendor-terms. After a cancel_operation the application stays open. Next: publish_package.`,
  scope: ['read', 'publish'],
  permission: 'manage_vendors',
  hints: { readOnly: false, destructive: false, idempotent: true, openWorld: true },
  contract: bootstrapVendor,
  input: bootstrapVendor.input.extend({ org: orgArgument, idempotency_key: idempotencyKey }),

  async run(args, { caller, org, operations, git, at }) {
    const { idempotency_key: key, org: _, ...given } = args
    const input = { ...given, host: git.hostNamed(given.host) }
    return operations.startOrJoin(bootstrapVendor, { key, caller, org, input, at })
  },
})
