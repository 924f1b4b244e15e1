import type { Edition } from '#kernel/schemas'
import { whyNotSold } from '#domain/cart'
import type { Project } from '#domain/projects'
import { approvedVendors } from '#domain/vendors'
import type { Db } from '../../platform/database.ts'
import type { Chosen } from './choose.ts'
import { type Conflict, isShownName } from './conflict.ts'
import type { Need } from './needs.ts'
import type { Options } from './options.ts'
import type { Shop } from './shop.ts'

/** The conflicts of the needed packages, each once, with what cannot be bought. */
export function conflictsOf(
  needs: readonly Need[],
  about: { lacking: ReadonlySet<Need>; ways: Options; chosen: Chosen; edition: Edition },
): Conflict[] {
  const conflicts = new Map<string, Conflict>()
  for (const need of needs) {
    if (need.instead) continue
    for (const conflict of need.conflicts) conflicts.set(conflict.message, conflict)
    if (!about.lacking.has(need) || about.chosen.by.has(need.pack.id)) continue
    const refusal = about.ways.refusals.get(need.pack.id) ?? whyNotSold(need.pack, about.edition)
    if (!refusal) continue
    const { message } = refusal
    conflicts.set(message, { code: 'cannot_be_bought', packages: [need.pack.name], message, refusal })
  }
  return [...conflicts.values()]
}

export function editionConflict(project: Project | undefined, asked: Edition | undefined): Conflict[] {
  if (!project || !asked || project.edition === asked) return []
  const message = `The files are of a shop with Magento ${asked}, and the project ${project.slug} has ${project.edition}, for which licences are bought.`
  return [{ code: 'edition_differs', packages: [], message }]
}

/** How many unknown names of one namespace are told. */
const MOST_NAMED = 3

/**
 * Names of composer.json in the namespace of a vendor of this market, which alone serves it, that no package has: a hidden
 * package is as one that does not exist. One conflict per namespace, because a file may have thousands of them.
 */
export async function unknownPackages(db: Db, shop: Shop, known: ReadonlySet<string>): Promise<Conflict[]> {
  const names = [...shop.requirements.keys()].filter(
    (name) => !known.has(name) && !shop.installed.has(name) && !shop.replaced.has(name) && isShownName(name),
  )
  const bySlug = Map.groupBy(names, (name) => name.split('/')[0] ?? '')
  const approved = new Set(await approvedVendors(db, [...bySlug.keys()]))
  return [...bySlug].filter(([slug]) => approved.has(slug)).map(([slug, unknown]) => unknownIn(slug, unknown))
}

function unknownIn(slug: string, names: readonly string[]): Conflict {
  const packages = names.slice(0, MOST_NAMED)
  const more = names.length - packages.length
  const listed = `${packages.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  const message = `This market serves the packages of ${slug}, and has no ${listed}.`
  return { code: 'unknown_package', packages, message }
}
