import { randomBytes } from 'node:crypto'
import { addPackage, setPrice } from '#domain/catalogue'
import { publishVersion } from '#domain/publishing'
import { mintId } from '#kernel/ids'
import { type Market, MARKET_SINCE } from './a-market.ts'

export const GIFTS = 'contoso/gifts'

/** A package for 12.34 EUR once of a third vendor, which can be paid from now on. */
export async function aThirdVendor({ db, vendor }: Market): Promise<void> {
  const [id, at] = [mintId('pkg', MARKET_SINCE, Math.random), MARKET_SINCE]
  const about = { type: 'metapackage', title: 'Contoso Gifts', summary: 'Gifts in the cart.' }
  await db
    .updateTable('vendors')
    .set({ payable_since: at, stripe_account_id: 'acct_sandbox_contoso' })
    .where('id', '=', vendor('contoso'))
    .execute()
  await addPackage(db, { id, vendorId: vendor('contoso'), name: GIFTS, ...about, at })
  const price = { edition: 'open-source', model: 'one_time', amountMinor: 1234, currency: 'EUR' } as const
  await setPrice(db, { packageId: id, ...price, at })
  await publishVersion(db, {
    id: mintId('ver', at, Math.random),
    packageId: id,
    tag: 'v1.0.0',
    commitSha: randomBytes(20).toString('hex'),
    treeSha: randomBytes(20).toString('hex'),
    committedAt: at,
    releasedAt: at,
    manifest: { name: GIFTS, type: 'metapackage' },
    readme: undefined,
    changelog: undefined,
    archive: undefined,
  })
}
