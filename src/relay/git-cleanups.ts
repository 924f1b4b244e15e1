import type { Git } from '#domain/git'
import type { Logger } from '#platform/logger'

const CLEAN_EVERY_MS = 60_000

/** Every minute, deletes what disconnected integrations left at their hosts. Several processes may do so. */
export function startGitCleanups({ git, log }: { git: Pick<Git, 'cleanUpDue'>; log: Logger }): {
  stop: () => Promise<void>
} {
  let cleaning: Promise<unknown> | undefined
  const clean = () =>
    (cleaning ??= git
      .cleanUpDue(new Date())
      .catch((error: unknown) => log.warn({ error }, 'the due cleanups at Git hosts could not be read'))
      .finally(() => (cleaning = undefined)))
  const timer = setInterval(() => void clean(), CLEAN_EVERY_MS)
  void clean()
  return {
    async stop() {
      clearInterval(timer)
      await cleaning
    },
  }
}
