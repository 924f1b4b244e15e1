import { quotePurchase } from '#domain/cart'
import type { Db } from '#platform/database'
import type { Market } from './a-market.ts'

export const SEARCH = 'northwind/module-search'
export const STOCK = 'northwind/module-stock'
export const SUITE = 'northwind/suite'
/** The time of all quotes of a file. */
export const at = new Date()

type Input = Parameters<typeof quotePurchase>[1]['input']

/** What tests of plans do in their market. */
export function plansIn(where: () => { db: Db; market: Market }) {
  return {
    /** The lines of a quote, or the code of its refusal. */
    quoted: async (input: Input, { name = 'buyer', of = 'acme-retail' } = {}): Promise<string> => {
      const { db, market } = where()
      const org = await market.access(name, of)
      return quotePurchase(db, { org, at, quoteKey: Buffer.alloc(32), input }).then(
        ({ lines }) =>
          lines
            .map(
              ({ action, price, through }) =>
                `${action} for ${price.amount_minor}${through ? ` by ${through}` : ''}`,
            )
            .join(),
        ({ code }: { code: string }) => code,
      )
    },
    /** Runs while the first package also covers the second one. */
    whileCovers: async <T>([parent, child]: [string, string], run: () => Promise<T>): Promise<T> => {
      const { db, market } = where()
      const [parent_id, child_id] = [market.package(parent), market.package(child)]
      const since = new Date(at.getTime() - 1)
      await db.insertInto('package_coverage').values({ parent_id, child_id, since }).execute()
      try {
        return await run()
      } finally {
        const around = db.deleteFrom('package_coverage').where('parent_id', '=', parent_id)
        await around.where('child_id', '=', child_id).execute()
      }
    },
  }
}
