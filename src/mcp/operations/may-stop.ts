import { ScopeMissing } from '../call/errors.ts'
import type { Context } from '../call/tool.ts'

/** A connection that may not start a story may not stop it. Refuses with `insufficient_scope` and the missing scopes. */
export function assertMayStop({ scopesToStart, caller }: Context, story: string): void {
  const missing = scopesToStart(story).filter((scope) => !caller.scopes.includes(scope))
  if (missing.length) throw new ScopeMissing(missing)
}
