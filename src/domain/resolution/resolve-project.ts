import type { PurchaseInput } from '#contracts/purchase-and-install-package'
import type { LicenceId, PackageId } from '#kernel/ids'
import type { Money } from '#kernel/money'
import type { Edition } from '#kernel/schemas'
import { type Grant, grantsOf, isWithin } from '#domain/licensing'
import { assertMay, may, type OrgAccess } from '#domain/orgs'
import { type Project, projectInUse } from '#domain/projects'
import type { Db } from '../../platform/database.ts'
import { choose, type Chosen } from './choose.ts'
import { type Comparing, comparing } from './comparing.ts'
import type { FilesGiven } from './composer-files.ts'
import type { Conflict } from './conflict.ts'
import { conflictsOf, editionConflict, unknownPackages } from './explain.ts'
import { isHopeless, type Need, needsOf } from './needs.ts'
import { type Options, optionsFor } from './options.ts'
import { type PurchasesWanted, purchasesOf, type QuotedPurchase } from './purchases.ts'
import { shopIn } from './shop.ts'

/** What a project has or lacks of a package. `not_needed`: another package or a folder of the project serves it. */
export type State = 'covered' | 'activate' | 'renew' | 'buy' | 'not_needed' | 'conflict'

export interface ResolvedPackage {
  package: string
  state: State
  /** The version that the lock has, or else the newest that the files allow. */
  version: string | undefined
  isDev: boolean
  /** The package that requires it, when no file names it. */
  requiredBy: string | undefined
  /** The package by whose licence it comes, when that is another one. */
  through: string | undefined
  licence: LicenceId | undefined
  /** The end of the licence that the project has. */
  until: Date | undefined
  /** The newest version that is installed by the licence that has ended, without paying anything. */
  withoutRenewal: string | undefined
  /** A newer version that the files allow, and that a licence which has ended does not reach. */
  beyond: string | undefined
  /** The package that serves it instead, or `composer.json`. */
  replacedBy: string | undefined
}

export interface Resolution {
  edition: Edition
  /** The edition whose packages the files name. */
  editionFound: Edition | undefined
  /** Slug. */
  project: string | undefined
  /** The packages of this market, by name. */
  packages: ResolvedPackage[]
  /** How many packages of the files this market does not have. */
  elsewhere: number
  conflicts: Conflict[]
  /** What has to be got. Only for who may fill the cart, because it has prices. */
  set: (Pick<Chosen, 'options' | 'isExact'> & { separately: Money[]; withoutEnd: string[] }) | undefined
  purchases: QuotedPurchase[]
  /** There were too many constraints to compare all: of the rest it is not known whether it fits. */
  isCutOff: boolean
}

export interface ResolutionWanted extends Pick<PurchasesWanted, 'at' | 'quoteKey' | 'spender'> {
  org: OrgAccess
  files: FilesGiven
  /** Id or slug. */
  project?: string | undefined
  newProject?: PurchaseInput['new_project']
  /** For a shop that has no project yet. Default: what the files say. */
  edition?: Edition | undefined
  /** How much may be compared. Default: as `comparing`. */
  work?: Comparing
}

/**
 * Says which packages of this market a project needs by its composer.json and lock, which of them it has, and the cheapest
 * way to get the others, with quotes. Writes nothing. Refuses `composer_file_unreadable`, `project_not_found`,
 * `project_archived`.
 */
export async function resolveProject(db: Db, wanted: ResolutionWanted): Promise<Resolution> {
  const { org, files, at, work = comparing() } = wanted
  assertMay(org, 'see')
  const shop = shopIn(files)
  const project = wanted.project === undefined ? undefined : await projectInUse(db, org.id, wanted.project)
  const asked = wanted.newProject?.edition ?? wanted.edition ?? shop.edition
  const edition = project?.edition ?? asked ?? 'open-source'
  const all = await needsOf(db, shop, { project: project?.id, work })
  const grants = await grantsFor(db, project, all)
  const lacking = all.filter((need) => isLacking(need, grants.get(need.pack.id)))
  const ways = await optionsFor(db, {
    org: org.id,
    project,
    edition,
    wanted: lacking.map((need) => ({ id: need.pack.id, releasedAt: releaseOf(need) })),
    at,
  })
  const needs = all.filter((need) => isVisible(need, grants, ways))
  const options = ways.options.map((each) => ({
    ...each,
    covers: each.covers.filter((id) => !ways.refusals.has(id)),
  }))
  const chosen = choose(options)
  const visible = new Set(needs.map(({ pack }) => pack.name))
  const hidden = new Set(all.map(({ pack }) => pack.name).filter((name) => !visible.has(name)))
  const conflicts = [
    ...editionConflict(project, asked),
    ...conflictsOf(needs, { lacking: new Set(lacking), ways, chosen, edition }).filter(
      ({ packages }) => !packages.some((name) => hidden.has(name)),
    ),
    ...(await unknownPackages(db, shop, visible)),
  ]
  const named = needs.filter(({ requiredBy }) => requiredBy === undefined).length
  const mayBuy = may(org.role, 'fill_cart')
  return {
    edition,
    editionFound: shop.edition,
    project: project?.slug,
    packages: needs.map((need) => resolved(need, { grants, chosen })),
    elsewhere: shop.size - named,
    conflicts,
    isCutOff: work.isCutOff(),
    set: mayBuy
      ? { options: chosen.options, isExact: chosen.isExact, ...alone(needs, chosen, edition) }
      : undefined,
    purchases: mayBuy
      ? await purchasesOf(db, chosen.options, {
          ...wanted,
          project: project?.slug,
          newProject: wanted.newProject,
          edition,
        })
      : [],
  }
}

type Grants = ReadonlyMap<PackageId, Grant>

/** Of each package the licence of the project that lasts longest. */
async function grantsFor(db: Db, project: Project | undefined, needs: readonly Need[]): Promise<Grants> {
  const best = new Map<PackageId, Grant>()
  if (!project) return best
  const packages = needs.map(({ pack }) => pack.id)
  for (const grant of await grantsOf(db, { project: project.id, packages })) {
    const known = best.get(grant.packageId)
    if (!known || endOf(grant) > endOf(known)) best.set(grant.packageId, grant)
  }
  return best
}

const endOf = ({ until }: Grant): number => (until === 'always' ? Infinity : until.getTime())

/** When the wanted version was released. Of a version that was not read, only that it is older than the others. */
const releaseOf = ({ versions: [newest], releasedBefore }: Need): Date =>
  newest?.releasedAt ?? releasedBefore ?? new Date(0)

/** Whether it can be installed, and the project has no licence that reaches it. */
const isLacking = (need: Need, grant: Grant | undefined): boolean =>
  !need.instead && !isHopeless(need) && !(grant && isWithin(grant.until, releaseOf(need)))

/** A package that nobody may see is as one that does not exist, unless the project has it or can get it. */
const isVisible = ({ pack }: Need, grants: Grants, { options }: Options): boolean =>
  pack.isKnown || grants.has(pack.id) || options.some(({ covers }) => covers.includes(pack.id))

function resolved(need: Need, { grants, chosen }: { grants: Grants; chosen: Chosen }): ResolvedPackage {
  const { pack, versions, allowed, isLocked, isDev, requiredBy, instead } = need
  const grant = grants.get(pack.id)
  const option = chosen.by.get(pack.id)
  const state = stateOf(need, { grant, option })
  const from = state === 'covered' ? grant : option
  const through = from && ('through' in from ? from.through : from.package)
  const within = (version: { releasedAt: Date }) =>
    grant !== undefined && isWithin(grant.until, version.releasedAt)
  const beyond = state === 'covered' && isLocked && allowed[0] && !within(allowed[0]) ? allowed[0] : undefined
  return {
    package: pack.name,
    state,
    version: versions[0]?.label,
    isDev,
    requiredBy,
    through: through === pack.name ? undefined : through,
    licence: from?.licence,
    until: grant && grant.until !== 'always' ? grant.until : undefined,
    withoutRenewal:
      (state === 'renew' || state === 'buy') && !isLocked ? versions.find(within)?.label : undefined,
    beyond: beyond?.label,
    replacedBy: instead?.by,
  }
}

function stateOf(
  need: Need,
  { grant, option }: { grant: Grant | undefined; option: Chosen['options'][number] | undefined },
): State {
  if (need.instead) return 'not_needed'
  if (isHopeless(need)) return 'conflict'
  if (!isLacking(need, grant)) return 'covered'
  return option?.kind ?? 'conflict'
}

/**
 * What the packages that have to be bought cost one by one, when all are sold alone, and those that have no end then, but
 * come with a yearly licence of the set.
 */
function alone(
  needs: readonly Need[],
  { by }: Chosen,
  edition: Edition,
): { separately: Money[]; withoutEnd: string[] } {
  const bought = needs.flatMap(({ pack }) => {
    const option = by.get(pack.id)
    const price = pack.isSold ? pack.prices.find((each) => each.edition === edition) : undefined
    return option?.kind === 'buy' && price ? [{ name: pack.name, option, price }] : []
  })
  return {
    separately: bought.map(({ price: { amountMinor, currency } }) => ({ amountMinor, currency })),
    withoutEnd: bought.flatMap(({ name, option, price }) =>
      option.model === 'yearly' && price.model === 'one_time' ? [name] : [],
    ),
  }
}
