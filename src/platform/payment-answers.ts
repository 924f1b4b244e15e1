import { AsyncLocalStorage } from 'node:async_hooks'

const seen = new AsyncLocalStorage<{ isKeyAccepted: boolean }>()

/** Runs something, and returns its result and whether the payment provider has accepted our key meanwhile. */
export function watchingKey<T>(run: () => Promise<T>): Promise<{ result: T; isKeyAccepted: boolean }> {
  const answers = { isKeyAccepted: false }
  return seen.run(answers, async () => ({ result: await run(), ...answers }))
}

/** The provider has answered a request with our key. */
export function noteKeyAccepted(): void {
  const answers = seen.getStore()
  if (answers) answers.isKeyAccepted = true
}
