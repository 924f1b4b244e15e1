import type { VersionOfMany } from '#domain/publishing'
import { type Conflict, shown } from './conflict.ts'
import type { By } from './fit.ts'
import { type Known, withConflict } from './market-reads.ts'

/** How often all pairs are looked at: a version that drops out may take others with it. */
const PASSES = 5

/**
 * Leaves out the candidates that fit no candidate of another package. Two packages clash when no version of one fits any
 * version of the other; then both keep their candidates. Looks at two packages at a time, so it never reports a
 * clash between packages that Composer can install together.
 */
export function withoutMisfits(known: readonly Known[], by: By): Known[] {
  const packages = new Map(known.map((each) => [each.pack.name, each]))
  const pairs = pairsIn(packages, by.links)
  for (let pass = 0, isChanged = true; pass < PASSES && isChanged; pass++) {
    isChanged = false
    for (const [a, b] of pairs) isChanged = fitTogether(packages, [a, b], by) || isChanged
  }
  return [...packages.values()]
}

/** The pairs of which one says something about the other, each once. */
function pairsIn(packages: ReadonlyMap<string, Known>, links: By['links']): Array<[string, string]> {
  const pairs = new Map<string, [string, string]>()
  for (const [name, { versions }] of packages)
    for (const { id } of versions) {
      const { require = [], conflict = [] } = links.get(id) ?? {}
      for (const [other] of [...require, ...conflict])
        if (other !== name && packages.has(other)) {
          const pair: [string, string] = name < other ? [name, other] : [other, name]
          pairs.set(pair.join(' '), pair)
        }
    }
  return [...pairs.values()]
}

function fitTogether(packages: Map<string, Known>, [left, right]: [string, string], by: By): boolean {
  const [a, b] = [packages.get(left), packages.get(right)]
  if (!a?.versions.length || !b?.versions.length) return false
  const fits = (one: VersionOfMany, other: VersionOfMany) =>
    by.fit.accepts(one, right, other.versionNormalized) && by.fit.accepts(other, left, one.versionNormalized)
  const ofA = a.versions.filter((one) => b.versions.some((other) => fits(one, other)))
  if (!ofA.length) {
    const conflict = clashOf(a, b, by)
    const isKnown = a.conflicts.some(({ message }) => message === conflict.message)
    if (!isKnown) for (const each of [a, b]) packages.set(each.pack.name, withConflict(each, conflict))
    return false
  }
  const ofB = b.versions.filter((other) => ofA.some((one) => fits(one, other)))
  const isChanged = ofA.length < a.versions.length || ofB.length < b.versions.length
  packages.set(left, { ...a, versions: ofA })
  packages.set(right, { ...b, versions: ofB })
  return isChanged
}

/** Says which of the two asks for what, by their newest candidates. */
function clashOf(a: Known, b: Known, { links, fit }: By): Conflict {
  const [one, other] = [a.versions[0], b.versions[0]] as [VersionOfMany, VersionOfMany]
  const [asking, by, asked] = fit.accepts(one, b.pack.name, other.versionNormalized)
    ? [b, other, a]
    : [a, one, b]
  const { require, conflict } = links.get(by.id) ?? {}
  const [wanted, refused] = [require?.get(asked.pack.name), conflict?.get(asked.pack.name)]
  const says = wanted === undefined ? `conflicts with ${shown(refused ?? '')}` : `requires ${shown(wanted)}`
  const rest = asked.versions.length > 1 ? ' and older' : ''
  return {
    code: 'packages_clash',
    packages: [asking.pack.name, asked.pack.name],
    message: `${asking.pack.name} ${by.label} ${says} of ${asked.pack.name}, and the files of the project allow only ${asked.versions[0]?.label}${rest} of it.`,
  }
}
