import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export type { ConflictCode } from './conflict.ts'
export { type Resolution, type ResolutionWanted, resolveProject } from './resolve-project.ts'

/** The codes of all refusals of `resolution`. */
export type ResolutionCode = CodesIn<typeof refusals>
