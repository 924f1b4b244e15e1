import type { Refusal } from '#kernel/errors'
import { packageName } from '#kernel/schemas'
import { isShownConstraint } from '#domain/publishing'

export const CONFLICT_CODES = [
  'cannot_be_bought',
  'constraint_unreadable',
  'edition_differs',
  'installed_version_clashes',
  'locked_version_unknown',
  'no_matching_version',
  'packages_clash',
  'replaced_by_another',
  'unknown_package',
  'version_blocked',
] as const

export type ConflictCode = (typeof CONFLICT_CODES)[number]

/** Why a package cannot be bought or installed as the files of the project say, or what they say wrong. */
export interface Conflict {
  code: ConflictCode
  /** The packages it is about, the one that is asked for first. Empty when it is about the project. */
  packages: string[]
  /** One neutral sentence. */
  message: string
  /** Why it cannot be bought. */
  refusal?: Refusal
}

/** A constraint or a version of a stranger, as a person or a model may read it. */
export const shown = (constraint: string): string =>
  constraint.length <= 100 && isShownConstraint(constraint) ? constraint : 'a version that cannot be shown'

/** The longest names of Magento's own packages have about 60 characters. */
const LONGEST_SHOWN_NAME = 64

/** A name of a stranger, as a person or a model may read it. A longer one could contain instructions. */
export const isShownName = (name: string): boolean =>
  name.length <= LONGEST_SHOWN_NAME && packageName.safeParse(name).success
