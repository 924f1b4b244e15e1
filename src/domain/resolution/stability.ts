import { parseStability, type Stability } from '#kernel/composer-version/normalize'

/** The least stable first. */
const STABILITIES: readonly Stability[] = ['dev', 'alpha', 'beta', 'RC', 'stable']

export const isStability = (value: unknown): value is Stability => STABILITIES.some((each) => each === value)

const rank = (stability: Stability): number => STABILITIES.indexOf(stability)

export const isAtLeast = (version: string, least: Stability): boolean =>
  rank(parseStability(version)) >= rank(least)

/**
 * The least stable version that a requirement of composer.json allows: by `minimum-stability`, by a flag such as `@beta`,
 * or because it names an unstable version: https://getcomposer.org/doc/04-schema.md#package-links
 */
export function leastStable(constraint: string, minimum: Stability): Stability {
  const parts = constraint.split(/[|,\s]+/).filter(Boolean)
  const flags = parts.flatMap((part) => /@(stable|RC|beta|alpha|dev)$/i.exec(part)?.[1] ?? [])
  const flagged = flags.flatMap(
    (flag) => STABILITIES.find((each) => each.toLowerCase() === flag.toLowerCase()) ?? [],
  )
  const implied = parts.length === 1 && !flags.length ? [parseStability(parts[0] ?? '')] : []
  return [minimum, ...flagged, ...implied].reduce((least, each) => (rank(each) < rank(least) ? each : least))
}
