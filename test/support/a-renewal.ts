import { quotePurchase } from '#domain/cart'
import type { ProjectId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { aLicence, aProject, type LicenceWanted, type Market } from './a-market.ts'

export const STOCK = 'northwind/module-stock'
const DAY = 86_400_000
/** The time of all purchases of a file. */
export const at = new Date()
export const inDays = (days: number) => new Date(at.getTime() + days * DAY)

export function aYearAfter(from: Date): Date {
  const until = new Date(from)
  until.setUTCFullYear(from.getUTCFullYear() + 1)
  return until
}

/** What tests of renewals do in their market. */
export function renewalsIn(where: () => { db: Db; market: Market }) {
  return {
    /** A new project of `acme-retail` with a licence of `STOCK`. */
    held: async (licence: Partial<LicenceWanted>) => {
      const { market } = where()
      const { id: project } = await aProject(market)
      const { id } = await aLicence(market, { package: STOCK, project, ...licence })
      return { project, licence: id }
    },
    /** The quote of a renewal of `STOCK`. Rejects with its refusal. */
    quoteFor: async (project: ProjectId, input: object = {}) => {
      const { db, market } = where()
      const org = await market.access('buyer', 'acme-retail')
      const wanted = { packages: [STOCK], project, renew: true, ...input }
      return quotePurchase(db, { org, at, quoteKey: Buffer.alloc(32), input: wanted })
    },
  }
}
