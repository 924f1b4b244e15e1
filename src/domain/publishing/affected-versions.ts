// Composer stops at a constraint that it cannot read, on every project that asks, so only plain ones get in.

const MOST_CHARACTERS = 500
const BOUND = /^([<>]=?|==?|!=)?v?\d{1,5}(\.\d{1,9}){0,3}(-(alpha|beta|rc|patch|p)(\.?\d{1,9})?)?$/i

/**
 * Bounds as Composer reads them, such as `>=1.0,<1.2.3|2.0.0`, without what is optional in them, or `*` for all
 * versions; nothing for anything else, branches and `^`, `~` and ranges with hyphens included.
 */
export function affectedVersions(text: string): string | undefined {
  if (text.length > MOST_CHARACTERS) return undefined
  if (text.trim() === '*') return '*'
  const alternatives = text
    .split(/\|\|?/)
    // an operator may stand off its version
    .map((each) =>
      each
        .trim()
        .replaceAll(/([<>=!])\s+/g, '$1')
        .split(/[\s,]+/),
    )
  return alternatives.flat().every((bound) => BOUND.test(bound))
    ? alternatives.map((bounds) => bounds.join(',')).join('|')
    : undefined
}
