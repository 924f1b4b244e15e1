import { ScopeMissing } from '../call/errors.ts'
import type { Context } from '../call/tool.ts'

/** Who may not start a story may not stop it. Refuses `insufficient_scope` with what is missing. */
export function assertMayStop({ scopesToStart, caller }: Context, story: string): void {
  const missing = scopesToStart(story).filter((scope) => !caller.scopes.includes(scope))
  if (missing.length) throw new ScopeMissing(missing)
}
