import type { VersionOfMany } from '#domain/publishing'
import { type Conflict, isShownName, shown } from './conflict.ts'
import type { By } from './fit.ts'
import { type Known, withConflict } from './market-reads.ts'
import type { Installed, Refused, Shop } from './shop.ts'

/**
 * Leaves out the versions that do not fit what is installed from elsewhere, or PHP. `elsewhere`: what no package of this
 * market is.
 */
export function fittingInstalled(known: Known, shop: ReadFor, by: By): Known {
  const { versions, isLocked, pack } = known
  if (isLocked || !versions.length) return known
  const refusals = refusalsOf(pack.name, shop, by)
  let misfit: Conflict | undefined
  const fitting = versions.filter((version) => {
    const wrong = wrongInstalled(version, { ...shop, refusals }, by)
    if (wrong) misfit ??= installedMisfit(pack.name, version, wrong)
    return !wrong
  })
  return fitting.length || !misfit ? { ...known, versions: fitting } : withConflict(known, misfit)
}

interface ReadFor {
  elsewhere: ReadonlyMap<string, Installed>
  php: string | undefined
  refused: Shop['refused']
}

/** What an installed package conflicts with, with the version that it has. */
interface Refusal extends Refused {
  version: string
}

/** Those that can be read. A lock may refuse a package 10,000 times, so each counts as work. */
function refusalsOf(name: string, { elsewhere, refused }: ReadFor, { fit }: By): Refusal[] {
  const refusals: Refusal[] = []
  for (const { by, constraint: text } of refused.get(name) ?? []) {
    if (fit.isCutOff()) break
    const version = elsewhere.get(by)?.version
    if (version === undefined) continue
    const constraint = text === 'self.version' ? version : text
    if (fit.isRead(constraint)) refusals.push({ by, constraint, version })
  }
  return refusals
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
  version: VersionOfMany,
  { elsewhere, php, refusals }: ReadFor & { refusals: readonly Refusal[] },
  { links, fit }: By,
): Wrong | undefined {
  const own = links.get(version.id)
  if (own?.php !== undefined && php !== undefined && !fit.allows(own.php, version, php))
    return { name: 'php', says: `requires ${shown(own.php)} of`, installed: php }
  for (const [other, constraint] of own?.require ?? []) {
    const is = comparable(elsewhere.get(other))
    if (is && !fit.allows(constraint, version, is.normalized))
      return { name: other, says: `requires ${shown(constraint)} of`, installed: is.version }
  }
  for (const [other, constraint] of own?.conflict ?? []) {
    const is = comparable(elsewhere.get(other))
    if (is && fit.refuses(constraint, version, is.normalized))
      return { name: other, says: `conflicts with ${shown(constraint)} of`, installed: is.version }
  }
  for (const { by, constraint, version: installed } of refusals) {
    if (fit.isCutOff()) return undefined
    if (fit.refuses(constraint, version, version.versionNormalized))
      return { name: by, says: 'does not fit', installed, isRefusing: true }
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
