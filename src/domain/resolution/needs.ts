import type { ProjectId, VersionId } from '#kernel/ids'
import { grantsOf } from '#domain/licensing'
import type { Db } from '../../platform/database.ts'
import { withoutMisfits } from './clashes.ts'
import type { Comparing } from './comparing.ts'
import { type Conflict, isShownName } from './conflict.ts'
import { type By, fitBy } from './fit.ts'
import { fittingInstalled } from './installed.ts'
import { type Known, type Links, readMarket } from './market-reads.ts'
import { COMPOSER_JSON, type Shop } from './shop.ts'

/** A package of this market that the project needs. */
export interface Need extends Known {
  /** Only for development, as far as the files say. */
  isDev: boolean
  /** It is in no file: another package needs it. */
  requiredBy: string | undefined
  /** What makes a licence unnecessary: a package that replaces it, or a folder of the project. */
  instead: { kind: 'replaced' | 'local'; by?: string } | undefined
}

/** How many requirements of requirements are followed. */
const DEPTH = 6
/** How often the needed packages are derived again, because a package that drops out may have replaced another one. */
const PASSES = 4

/**
 * The packages of this market that the project needs: those that its files name, and those that their newest candidates
 * require, but not what only a package with a conflict, or one that is not needed, requires. Each round takes three
 * statements, however many packages there are, and most projects take two rounds. The requirements of a hidden package
 * are left out, unless the project has a licence of it.
 */
export async function needsOf(
  db: Db,
  shop: Shop,
  { project, work }: { project: ProjectId | undefined; work: Comparing },
): Promise<Need[]> {
  const named = [...new Set([...shop.requirements.keys(), ...shop.installed.keys()])]
  const links = new Map<VersionId, Links>()
  const by: By = { links, fit: fitBy(links, work) }
  const elsewhere = new Map(shop.installed)
  const known: Known[] = []
  let fitting: Known[] = []
  let names = named
  const asked = new Set<string>()
  for (let depth = 0; depth < DEPTH && names.length; depth++) {
    for (const name of names) asked.add(name)
    const read = await readMarket(db, shop, { names, work })
    const hidden = await hiddenOf(db, project, read.known)
    for (const [id, each] of read.links) if (!hidden.has(id)) links.set(id, each)
    // all installed packages are asked for in the first round
    for (const { pack } of read.known) elsewhere.delete(pack.name)
    const { php, refused } = shop
    known.push(...read.known.map((each) => fittingInstalled(each, { elsewhere, php, refused }, by)))
    fitting = withoutMisfits(known, by)
    names = [...requiredBy(fitting, links).keys()].filter((name) => !asked.has(name))
  }
  return needed(shop, fitting, { named: new Set(named), links, work })
}

/** The versions of packages that the caller may not know. */
async function hiddenOf(
  db: Db,
  project: ProjectId | undefined,
  known: readonly Known[],
): Promise<Set<VersionId>> {
  const hidden = known.filter(({ pack }) => !pack.isKnown)
  const packages = hidden.map(({ pack }) => pack.id)
  const grants = project && packages.length ? await grantsOf(db, { project, packages }) : []
  const granted = new Set(grants.map(({ packageId }) => packageId))
  const secret = hidden.filter(({ pack }) => !granted.has(pack.id))
  return new Set(secret.flatMap(({ versions }) => versions.map(({ id }) => id)))
}

/** The names that the newest candidates require, and a package that requires each. */
function requiredBy(known: readonly Known[], links: ReadonlyMap<VersionId, Links>): Map<string, string> {
  const required = new Map<string, string>()
  for (const { pack, versions } of known) {
    const [newest] = versions
    for (const name of (newest && links.get(newest.id)?.require.keys()) ?? [])
      if (!required.has(name)) required.set(name, pack.name)
  }
  return required
}

function needed(
  shop: Shop,
  known: readonly Known[],
  {
    named,
    links,
    work,
  }: { named: ReadonlySet<string>; links: ReadonlyMap<VersionId, Links>; work: Comparing },
): Need[] {
  let reached = reachable(known, { named, links, dead: new Set() })
  let among = known
  let replacing = new Map<string, Replaced>()
  for (let pass = 0; pass < PASSES; pass++) {
    among = known.filter(({ pack }) => reached.has(pack.name))
    replacing = replacedAmong(shop, among, { links, work })
    const dead = among.filter(({ pack: { name }, ...each }) => {
      const replaced = replacing.get(name)
      return insteadOf(shop, name, replaced?.by) || replaced?.conflict || isHopeless(each)
    })
    const next = reachable(known, { named, links, dead: new Set(dead.map(({ pack }) => pack.name)) })
    if (next.size === reached.size) break
    reached = next
  }
  return among
    .filter(({ pack }) => reached.has(pack.name))
    .map((each): Need => {
      const { name } = each.pack
      const replaced = replacing.get(name)
      const isIn = named.has(name)
      return {
        ...each,
        conflicts: [...each.conflicts, ...(replaced?.conflict ? [replaced.conflict] : [])],
        isDev: shop.installed.get(name)?.isDev ?? shop.requirements.get(name)?.isDev ?? false,
        requiredBy: isIn ? undefined : reached.get(name),
        instead: insteadOf(shop, name, replaced?.by),
      }
    })
    .sort((a, b) => (a.pack.name < b.pack.name ? -1 : 1))
}

function insteadOf(shop: Shop, name: string, by: string | undefined): Need['instead'] {
  const installed = shop.installed.get(name)
  if (installed?.isLocal) return { kind: 'local' }
  const replacing = by ?? (installed ? undefined : shop.replaced.get(name))
  if (replacing === undefined) return undefined
  const isShown = by !== undefined || replacing === COMPOSER_JSON || isShownName(replacing)
  return { kind: 'replaced', by: isShown ? replacing : 'another package of the files' }
}

/** Conflicts that a purchase does not solve. */
export const isHopeless = ({ conflicts, versions }: Pick<Known, 'conflicts' | 'versions'>): boolean =>
  conflicts.some(({ code }) => code !== 'locked_version_unknown') ||
  (!versions.length && conflicts.length > 0)

/**
 * Names that files have, and what is required from there on, with the package that requires it. What only a `dead` package
 * requires is not reached: it is not installed, or not as this market has it.
 */
function reachable(
  known: readonly Known[],
  {
    named,
    links,
    dead,
  }: { named: ReadonlySet<string>; links: ReadonlyMap<VersionId, Links>; dead: ReadonlySet<string> },
): Map<string, string> {
  const byName = new Map(known.map((each) => [each.pack.name, each]))
  const reached = new Map([...named].map((name) => [name, '']))
  // the loop also visits names that are added while it runs
  for (const [name] of reached) {
    const each = dead.has(name) ? undefined : byName.get(name)
    for (const [other, by] of each ? requiredBy([each], links) : [])
      if (!reached.has(other)) reached.set(other, by)
  }
  return reached
}

interface Replaced {
  by?: string
  conflict?: Conflict
}

/**
 * The packages that the newest candidate of another one replaces or provides. Composer installs the other one for both, when
 * it stands for a version that composer.json allows. A package that is only provided can be installed beside it.
 */
function replacedAmong(
  shop: Shop,
  known: readonly Known[],
  { links, work }: { links: ReadonlyMap<VersionId, Links>; work: Comparing },
): Map<string, Replaced> {
  const names = new Set(known.map(({ pack }) => pack.name))
  const replaced = new Map<string, Replaced>()
  for (const { pack, versions } of known) {
    const [newest] = versions
    const { replace = [], provide = [] } = (newest && links.get(newest.id)) ?? {}
    const stating = [
      ...[...provide].map(([name, stated]) => ({ name, stated, isReplaced: false })),
      ...[...replace].map(([name, stated]) => ({ name, stated, isReplaced: true })),
    ]
    for (const { name, stated, isReplaced } of stating) {
      if (!names.has(name) || name === pack.name || shop.installed.has(name)) continue
      const stands = stated === 'self.version' ? (newest?.versionNormalized ?? '') : stated
      const wanted = shop.requirements.get(name)?.constraint ?? '*'
      const [left, right] = [work.read(wanted), work.read(stands)]
      if (left !== undefined && right !== undefined && work.intersects(left, right))
        replaced.set(name, { by: pack.name })
      else if (isReplaced) {
        const message = `${pack.name} replaces ${name}, but not in a version that composer.json allows, so both cannot be installed.`
        replaced.set(name, {
          conflict: { code: 'replaced_by_another', packages: [name, pack.name], message },
        })
      }
    }
  }
  return replaced
}
