import { mintId, type OrgId, type VendorId } from '#kernel/ids'
import { addPackage, setPrice } from '#domain/catalogue'
import { checkedPrices } from '#domain/offers'
import { addVendor } from '#domain/vendors'
import type { Db } from '#platform/database'
import { VENDORS } from './cast.ts'
import type { DemoPackage } from './packages/demo-package.ts'
import { demoPackages } from './packages/index.ts'

const SEED_CURRENCIES = ['EUR']

/** Inserts vendors, packages and prices. The versions are ingested afterwards. */
export async function seedCatalogue(
  tx: Db,
  { orgs, at }: { orgs: Map<string, OrgId>; at: Date },
): Promise<void> {
  for (const vendor of VENDORS) {
    const orgId = orgs.get(vendor.org)
    if (!orgId) continue
    const id = mintId('ven', at, Math.random)
    const { slug, name } = vendor
    const stripeAccountId = 'stripeAccountId' in vendor ? vendor.stripeAccountId : undefined
    const payable = stripeAccountId && { payableSince: at, stripeAccountId }
    await addVendor(tx, { id, orgId, slug, name, at, approvedAt: at, ...payable })
    for (const each of demoPackages().filter((demo) => demo.vendor === slug))
      await seedPackage(tx, id, each, at)
  }
}

async function seedPackage(tx: Db, vendorId: VendorId, demo: DemoPackage, at: Date): Promise<void> {
  const id = mintId('pkg', at, Math.random)
  const { name, type, title, summary, hidden = false } = demo
  await addPackage(tx, { id, vendorId, name, type, title, summary, hidden, at })
  for (const price of checkedPrices(demo.prices, SEED_CURRENCIES))
    await setPrice(tx, { packageId: id, ...price, at })
}
