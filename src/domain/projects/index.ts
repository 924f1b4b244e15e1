import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export * from './create-project-token.ts'
export * from './credentials.ts'
export * from './errors.ts'
export * from './install-snippet.ts'
export * from './project-reads.ts'
export * from './project-store.ts'
export * from './project-token.ts'
export * from './revoke-token.ts'
export * from './rotate-token.ts'
export * from './set-up-project.ts'

/** The codes that projects refuses with. */
export type ProjectsCode = CodesIn<typeof refusals>
