import type { Db } from '#platform/database'
import { aLicence, aMarket, aProject, aProjectToken } from '../test/support/a-market.ts'
import { basic } from '../test/support/composer.ts'
import { aConnection } from '../test/support/mcp.ts'

/** Many tokens, because each may send only 3,000 requests for metadata and 1,000 for zips per minute. */
const TOKENS = 640
const LICENCES = [
  'northwind/suite',
  'northwind/module-search',
  'northwind/module-stock',
  'northwind/theme-plain',
  'fabrikam/module-labels',
]

/** The demo market with a project that holds licences, its keys, and a connection of its owner. */
export async function benchMarket(db: Db) {
  const market = await aMarket(db)
  const project = await aProject(market)
  const keys = await Promise.all(Array.from({ length: TOKENS }, () => aProjectToken(market, project.id)))
  for (const [n, name] of LICENCES.entries())
    await aLicence(market, { package: name, ...(n === 0 && { project: project.id }) })
  const owner = { customer: market.person('buyer'), activeOrg: market.org('acme-retail') }
  const { token } = await aConnection(db, owner)
  return {
    project: project.id,
    owner,
    signedIn: keys.map((each) => ({ authorization: basic(each), 'accept-encoding': 'gzip' })),
    token,
  }
}

export type BenchMarket = Awaited<ReturnType<typeof benchMarket>>
