import type { VersionId } from '#kernel/ids'
import { offeredByName, type OfferedPackage } from '#domain/catalogue'
import { linksOfMany, versionsOfMany, versionsRead } from '#domain/publishing'
import type { Db } from '../../platform/database.ts'
import { type Candidates, candidatesOf } from './candidate-versions.ts'
import type { Comparing } from './comparing.ts'
import type { Conflict } from './conflict.ts'
import { linksIn, member, type Shop, textIn } from './shop.ts'

/** A package of this market, and the versions of it that the project may get. */
export interface Known extends Candidates {
  pack: OfferedPackage
  /** When it was released at the latest: the oldest version that was read. For a version that was not read. */
  releasedBefore: Date | undefined
}

export const withConflict = (known: Known, conflict: Conflict): Known => ({
  ...known,
  conflicts: [...known.conflicts, conflict],
})

/** What a version says about other packages, by name. */
export interface Links {
  require: ReadonlyMap<string, string>
  conflict: ReadonlyMap<string, string>
  replace: ReadonlyMap<string, string>
  provide: ReadonlyMap<string, string>
  /** What it requires of PHP. */
  php: string | undefined
}

/** How many manifests are looked into at once. */
const MOST_LINKS = 3_000
const MOST_OF_ONE = 30

/**
 * Reads the packages with these names that this market has, and the links of their newest candidates: three statements,
 * however many names there are.
 */
export async function readMarket(
  db: Db,
  shop: Shop,
  { names, work }: { names: readonly string[]; work: Comparing },
): Promise<{ known: Known[]; links: Map<VersionId, Links> }> {
  const packs = await offeredByName(db, names)
  const read = await versionsOfMany(
    db,
    packs.map(({ id, name }) => ({
      packageId: id,
      versionNormalized: shop.installed.get(name)?.normalized,
    })),
  )
  const byPackage = Map.groupBy(read, ({ packageId }) => packageId)
  const most = versionsRead(packs.length)
  const known = packs.map((pack): Known => {
    const versions = byPackage.get(pack.id) ?? []
    const isCut = versions.length >= most
    const oldest = versions.reduce<Date | undefined>(
      (least, { releasedAt }) => (least && least < releasedAt ? least : releasedAt),
      undefined,
    )
    return { pack, releasedBefore: oldest, ...candidatesOf(shop, pack.name, { read: versions, isCut, work }) }
  })
  const each = Math.max(1, Math.min(MOST_OF_ONE, Math.floor(MOST_LINKS / Math.max(known.length, 1))))
  const found = await linksOfMany(
    db,
    known.flatMap(({ versions }) => versions.slice(0, each).map(({ id }) => id)),
  )
  return {
    known,
    links: new Map(
      found.map(({ id, require, conflict, replace, provide }) => [
        id,
        {
          require: new Map(linksIn(require)),
          conflict: new Map(linksIn(conflict)),
          replace: new Map(linksIn(replace)),
          provide: new Map(linksIn(provide)),
          php: textIn(member(require, 'php')),
        },
      ]),
    ),
  }
}
