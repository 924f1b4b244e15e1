import { operation } from './operation.ts'
import { failureOf, NO_GIT_ACCESS } from './refusals.ts'
import { now, retryForMinutes, retryForever } from './steps.ts'

/** Waits until a person consents at a Git host, by the page behind the operation's link. */
export const startGitIntegration = operation(async ({ operationId, waitFor }) => {
  const { until } = await retryForMinutes.beginGitWait({ operationId, at: now() })
  const look = () => retryForever.lookForGitIntegration({ operationId, at: now() })
  const integrations = await waitFor({ for: 'git_consent', until: Date.parse(until), look })
  if (integrations) return { integrations }
  throw failureOf(NO_GIT_ACCESS)
})
