import { LONGEST } from '#kernel/composer-version/compare'
import { isBranch, versionsIn } from '#kernel/composer-version/constraint'
import { COMPOSER_2_5 } from '#kernel/composer-version/reading'
import { parseConstraint } from '#kernel/composer-version/parse-constraint'
import { ShownFieldIsInvalid } from './errors.ts'
import { isShownConstraint } from './manifest/links.ts'

/**
 * Returns a constraint as it was written, such as `>=1.0,<1.2.3|2.0.0`. Refuses `affected_versions_invalid` for a text
 * that some Composer cannot read, because `composer audit` would then fail in every project, and for branches.
 */
export function affectedVersions(text: string): string {
  const trimmed = text.trim()
  const constraint = isShownConstraint(trimmed) ? parseConstraint(trimmed, COMPOSER_2_5) : undefined
  if (constraint === undefined || versionsIn(constraint).some(isBranch))
    throw new ShownFieldIsInvalid(
      'affected_versions',
      `a version constraint of at most ${LONGEST} characters, such as ^1.0 or >=1.0,<1.2.3|2.0.0, or * for all versions`,
    )
  return trimmed
}
