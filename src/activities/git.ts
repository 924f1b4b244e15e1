import type { ConnectedAccount } from '#contracts/start-git-integration'
import { noteGitWait } from '#domain/git'
import { beginOperation, operationContext } from '#domain/operations'
import { assertMay, orgForCustomer } from '#domain/orgs'
import type { Dependencies } from './dependencies.ts'
import type { StepInput } from './orders.ts'

const DAY_MS = 24 * 60 * 60_000

export function gitActivities({ db, git, gitConsentDays }: Dependencies) {
  return {
    /** Returns when the wait ends: ISO, UTC. */
    async beginGitWait({ operationId, at }: StepInput): Promise<{ until: string }> {
      const { orgId, askedBy, started } = await beginOperation(db, operationId, new Date(at))
      assertMay(await orgForCustomer(db, askedBy, orgId), 'manage_git')
      if (started.story !== 'start_git_integration') throw new TypeError(`${started.story} names no host`)
      await noteGitWait(db, { operation: operationId, host: git.hostNamed(started.input.host) })
      return { until: new Date(Date.parse(at) + gitConsentDays * DAY_MS).toISOString() }
    },

    /** What the person connected for this operation. Undefined until then. */
    async lookForGitIntegration({ operationId }: StepInput): Promise<ConnectedAccount[] | undefined> {
      const { orgId } = await operationContext(db, operationId)
      const listed = await git.list(orgId)
      const connected = listed.filter(({ operation }) => operation === operationId)
      if (!connected.length) return undefined
      return connected.map(({ id, host, account }) => ({ id, host, account }))
    },
  }
}
