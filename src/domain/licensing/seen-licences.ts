import { type Access, isGuest, mayOn, orgIdOf, seenProjects } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { LicenceNotFound } from './errors.ts'
import {
  findLicence,
  type LicenceDetails,
  type LicenceFilter,
  type ListedLicence,
  listLicences,
} from './licence-reads.ts'

/** What a guest sees of a licence: not on which other projects it is active, nor how many slots the org has. */
type SharedLicence<Licence> = Omit<Licence, 'slots' | 'freeSlots' | 'order'>

/** One licence of a list, as its caller sees it. */
export type SeenLicence = SharedLicence<ListedLicence> & Partial<ListedLicence>

/**
 * As `listLicences`, for a caller who may be a guest: then only the licences that are active on what was shared with
 * them, without the other projects and the slots.
 */
export async function licencesFor(
  db: Db,
  access: Access,
  filter: Omit<LicenceFilter, 'org'>,
): Promise<SeenLicence[]> {
  const org = orgIdOf(access)
  if (!isGuest(access)) return listLicences(db, { ...filter, org })
  const seen = seenProjects(access) ?? []
  const onProjects = filter.onProjects?.filter((id) => seen.includes(id)) ?? seen
  // a guest can use no free slot
  if (filter.withFreeSlot) return []
  const listed = await listLicences(db, { ...filter, onProjects, org })
  return listed.map((each) => {
    const { slots: _, freeSlots: __, ...licence } = each
    return { ...licence, projects: each.projects.filter(({ id }) => seen.includes(id)) }
  })
}

/** As `findLicence`, for a caller who may be a guest. Refuses `licence_not_found`, also when it was not shared. */
export async function licenceFor(
  db: Db,
  access: Access,
  { id, at }: { id: string; at: Date },
): Promise<SharedLicence<LicenceDetails> & Partial<LicenceDetails>> {
  const found = await findLicence(db, { org: orgIdOf(access), id, at })
  if (!isGuest(access)) return found
  const { slots: _, freeSlots: __, order: ___, ...licence } = found
  const activations = licence.activations.filter(({ project }) => mayOn(access, 'see', project))
  if (!activations.length) throw new LicenceNotFound()
  return { ...licence, activations }
}
