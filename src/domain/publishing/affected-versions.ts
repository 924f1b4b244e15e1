// A constraint that Composer cannot parse would make `composer audit` fail in every project, so only simple ones pass.

const MOST_CHARACTERS = 500
const BOUND = /^([<>]=?|==?|!=)?v?\d{1,5}(\.\d{1,9}){0,3}(-(alpha|beta|rc|patch|p)(\.?\d{1,9})?)?$/i

/**
 * Returns bounds that Composer can parse, such as `>=1.0,<1.2.3|2.0.0`, without optional spaces, or `*` for all
 * versions. Returns undefined for anything else, such as branches, `^`, `~` and ranges with hyphens.
 */
export function affectedVersions(text: string): string | undefined {
  if (text.length > MOST_CHARACTERS) return undefined
  if (text.trim() === '*') return '*'
  const alternatives = text
    .split(/\|\|?/)
    // there may be spaces between an operator and its version
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
