import { addToCart } from '#domain/cart'
import type { LicenceId } from '#kernel/ids'
import { aLicence, aProject, type Market } from './a-market.ts'

/** Packages of two vendors in the cart of `acme-retail`, and a licence that ends soon on the project `to-renew`. */
export async function aFullCart(market: Market): Promise<LicenceId> {
  const [org, caller, at] = [await market.access('buyer', 'acme-retail'), market.caller('buyer'), new Date()]
  const wanted = [{ package: 'northwind/module-search' }, { package: 'fabrikam/module-labels' }]
  await addToCart(market.db, { caller, org, at, wanted })
  const { id: project } = await aProject(market, { name: 'To renew' })
  await aProject(market, { name: 'Another' })
  const validUntil = new Date(at.getTime() + 20 * 86_400_000)
  const { id } = await aLicence(market, { package: 'northwind/module-stock', project, slots: 3, validUntil })
  return id
}
