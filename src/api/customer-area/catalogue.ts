import type { FastifyInstance } from 'fastify'
import { searchPackages, vendorsInShop } from '#domain/catalogue'
import type { Db } from '#platform/database'
import type { Memory } from '../memory.ts'
import { type CatalogueQuery, searchPlaceIn, queryIn } from './catalogue-query.ts'
import { catalogueView, MOST_VENDORS } from './catalogue-view.ts'
import type { Html } from './html.ts'
import { sendPage } from './layout.ts'

const SHOWN = 48

export interface CatalogueOptions {
  db: Db
  /** Keeps public pages only. Each change of a package, version, price or vendor empties it. */
  memory: Memory
}

/** The list of the shop's packages, with a search and filters. */
export async function cataloguePage(app: FastifyInstance, { db, memory }: CatalogueOptions): Promise<void> {
  app.get('/', async (request, reply) => {
    const query = queryIn(request.query)
    const body = await memory.recall(`search ${JSON.stringify(query)}`, () => bodyOf(query))
    return sendPage(reply, { title: 'Packages', body, hasOwnSearch: true })
  })

  async function bodyOf(query: CatalogueQuery): Promise<Html> {
    const { q: text, type, edition, price: model, vendor, works_with: worksWith } = query
    const filter = {
      text,
      type: type || undefined,
      edition,
      model,
      vendor: vendor || undefined,
      worksWith: worksWith || undefined,
    }
    const [found, vendors] = await Promise.all([
      searchPackages(db, { ...filter, limit: SHOWN + 1, after: searchPlaceIn(query) }),
      memory.recall('vendors of the shop', () => vendorsInShop(db, MOST_VENDORS + 1)),
    ])
    const packages = found.slice(0, SHOWN)
    return catalogueView({ query, packages, hasMore: found.length > SHOWN, vendors })
  }
}
