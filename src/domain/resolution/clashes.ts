import type { VersionId } from '#kernel/ids'
import type { VersionOfMany } from '#domain/publishing'
import type { Comparing } from './comparing.ts'
import { type Conflict, isShownName, shown } from './conflict.ts'
import { type Fit, fitBy } from './fit.ts'
import type { Known, Links } from './market-reads.ts'
import type { Installed, Shop } from './shop.ts'

/** How often all pairs are looked at: a version that drops out may take others with it. */
const PASSES = 5

type LinksOf = ReadonlyMap<VersionId, Links>

/**
 * Leaves out the candidates that fit no candidate of another package, or not what is installed from elsewhere. Two packages
 * clash when no version of one fits any version of the other; then both keep their candidates. Looks at two packages at a
 * time, so it never says that packages clash that Composer can install together.
 */
export function withoutMisfits(
  shop: Shop,
  known: readonly Known[],
  { links, work }: { links: LinksOf; work: Comparing },
): Known[] {
  const fit = fitBy(links, work)
  const names = new Set(known.map(({ pack }) => pack.name))
  const elsewhere = new Map([...shop.installed].filter(([name]) => !names.has(name)))
  const packages = new Map(
    known.map((each) => [
      each.pack.name,
      fittingInstalled({ ...shop, installed: elsewhere }, each, { links, fit }),
    ]),
  )
  const pairs = pairsIn(packages, links)
  for (let pass = 0, isChanged = true; pass < PASSES && isChanged; pass++) {
    isChanged = false
    for (const [a, b] of pairs) isChanged = fitTogether(packages, [a, b], { links, fit }) || isChanged
  }
  return [...packages.values()]
}

interface By {
  links: LinksOf
  fit: Fit
}

/** The pairs of which one says something about the other, each once. */
function pairsIn(packages: ReadonlyMap<string, Known>, links: LinksOf): Array<[string, string]> {
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

const withConflict = (known: Known, conflict: Conflict): Known => ({
  ...known,
  conflicts: [...known.conflicts, conflict],
})

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

/** Leaves out the versions that want another version of what is installed from elsewhere, or of PHP. */
function fittingInstalled(shop: Shop, known: Known, { links, fit }: By): Known {
  const { versions, isLocked, pack } = known
  if (isLocked || !versions.length) return known
  let misfit: Conflict | undefined
  const fitting = versions.filter((version) => {
    const wrong = wrongInstalled(shop, pack.name, version, { links, fit })
    if (wrong) misfit ??= installedMisfit(pack.name, version, wrong)
    return !wrong
  })
  return fitting.length || !misfit ? { ...known, versions: fitting } : withConflict(known, misfit)
}

/** `says`: such as `requires ^1.0 of`. */
interface Wrong {
  name: string
  says: string
  installed: string
  /** The installed package conflicts with the version. */
  isRefusing?: boolean
}

function wrongInstalled(
  { installed, php, refused }: Shop,
  name: string,
  version: VersionOfMany,
  { links, fit }: By,
): Wrong | undefined {
  const own = links.get(version.id)
  if (own?.php !== undefined && php !== undefined && !fit.allows(own.php, version, php))
    return { name: 'php', says: `requires ${shown(own.php)} of`, installed: php }
  for (const [other, constraint] of own?.require ?? []) {
    const is = comparable(installed.get(other))
    if (is && !fit.allows(constraint, version, is.normalized))
      return { name: other, says: `requires ${shown(constraint)} of`, installed: is.version }
  }
  for (const [other, constraint] of own?.conflict ?? []) {
    const is = comparable(installed.get(other))
    if (is && fit.refuses(constraint, version, is.normalized))
      return { name: other, says: `conflicts with ${shown(constraint)} of`, installed: is.version }
  }
  for (const { by, constraint } of refused.get(name) ?? []) {
    if (fit.isCutOff()) return undefined
    const is = installed.get(by)
    const own = { versionNormalized: is?.normalized ?? '' }
    if (is && fit.refuses(constraint, own, version.versionNormalized))
      return { name: by, says: 'does not fit', installed: is.version, isRefusing: true }
  }
  return undefined
}

/** A branch fits any constraint: it may have an alias, which is not read. */
const comparable = (is: Installed | undefined) =>
  is?.normalized === undefined || is.normalized.startsWith('dev-')
    ? undefined
    : { ...is, normalized: is.normalized }

const installedMisfit = (name: string, { label }: VersionOfMany, wrong: Wrong): Conflict => ({
  code: 'installed_version_clashes',
  packages: isShownName(wrong.name) ? [name, wrong.name] : [name],
  message: `${name} ${label} ${wrong.says} ${isShownName(wrong.name) || wrong.name === 'php' ? wrong.name : 'a package'}${wrong.isRefusing ? ` ${shown(wrong.installed)}, which conflicts with it` : `, and the project has ${shown(wrong.installed)}`}; no older version that its files allow fits.`,
})
