import { startGitIntegration } from '#contracts/start-git-integration'
import { idempotencyKey, orgArgument } from '#kernel/schemas'
import { defineStoryTool } from '../../call/tool.ts'

export default defineStoryTool({
  name: 'start_git_integration',
  title: 'Connect a Git host',
  description: `
    Returns a URL where the user lets the org publish repositories of a Git host. publish_package asks for it by
    itself, so call this only to connect a host beforehand or to repair a broken integration. Show the URL, then call
    get_operation.`,
  scope: ['read', 'publish'],
  permission: 'manage_git',
  hints: { readOnly: false, destructive: false, idempotent: true, openWorld: true },
  contract: startGitIntegration,
  input: startGitIntegration.input.extend({ org: orgArgument, idempotency_key: idempotencyKey }),

  async run({ idempotency_key: key, host: named }, { caller, org, operations, git, at }) {
    const host = git.hostNamed(named)
    return operations.startOrJoin(startGitIntegration, { key, caller, org, input: { host }, at })
  },
})
