import { afterAll, beforeAll } from 'vitest'
import { type Resolution, type ResolutionWanted, resolveProject } from '#domain/resolution'
import type { Db } from '#platform/database'
import { aMarket, type Market } from './a-market.ts'
import { aDatabase } from './database.ts'

/** The time of every resolution: after the last release of the demo market. */
export const AT = new Date('2026-11-30T12:00:00Z')
export const QUOTE_KEY = Buffer.alloc(32, 7)

type More = Partial<Omit<ResolutionWanted, 'files'>> & { as?: string; on?: Db }

export interface Resolving {
  db: () => Db
  market: () => Market
  /** As a member of `acme-retail`; default: `buyer`. */
  resolve: (files: ResolutionWanted['files'], more?: More) => Promise<Resolution>
}

/** A demo market for the tests of one file, and what it says about files of a shop. */
export function resolving(): Resolving {
  let database: Awaited<ReturnType<typeof aDatabase>>
  let market: Market
  beforeAll(async () => {
    database = await aDatabase('market')
    market = await aMarket(database.db)
  })
  afterAll(() => database.close())
  return {
    db: () => database.db,
    market: () => market,
    async resolve(files, { as = 'buyer', on = database.db, ...more } = {}) {
      const org = await market.access(as, 'acme-retail')
      return resolveProject(on, { org, files, at: AT, quoteKey: QUOTE_KEY, ...more })
    },
  }
}

/** Such as `buy northwind/module-search through northwind/suite`. */
export const statesIn = ({ packages }: Resolution): string[] =>
  packages.map(
    ({ state, package: name, through }) => `${state} ${name}${through ? ` through ${through}` : ''}`,
  )

export const setIn = ({ set }: Resolution): string[] | undefined =>
  set?.options.map(({ kind, package: name, price }) => `${kind} ${name} for ${price.amountMinor}`)

export const conflictsIn = ({ conflicts }: Resolution): string[] =>
  conflicts.map(({ code, packages, refusal }) => `${refusal?.code ?? code} ${packages.join(' ')}`)

export const packageIn = ({ packages }: Resolution, name: string) =>
  packages.find((each) => each.package === name)

/** A shop that requires these packages and nothing else. */
export const requiring = (require: Record<string, string>, more: object = {}) => ({
  composer_json: { require, ...more },
})
