import type { Db } from '../../platform/database.ts'

/** How many packages a refusal names. */
const MOST_NAMED = 3

/**
 * The packages in the shop that bring a hidden package, by name. Empty for any other package. Who knows the name learns
 * no more than the pages of those packages show, because they require it.
 */
export async function packagesThatBring(db: Db, hidden: string): Promise<string[]> {
  const rows = await db
    .selectFrom('packages as p')
    .innerJoin('package_coverage as c', 'c.child_id', 'p.id')
    .innerJoin('package_offers as o', 'o.id', 'c.parent_id')
    .select('o.name')
    .$narrowType<{ name: string }>()
    .where('p.name', '=', hidden)
    .where('p.hidden_at', 'is not', null)
    .where('o.is_sold', '=', true)
    .orderBy('o.name')
    .limit(MOST_NAMED)
    .execute()
  return rows.map(({ name }) => name)
}
