import { expect } from 'vitest'
import { assignSlot } from '../../../src/domain/licensing/activation-store.ts'
import { licenceFor, licencesFor } from '#domain/licensing'
import type { GuestAccess } from '#domain/orgs'
import { inTransaction } from '#platform/transactions'
import { aLicence, aProject } from '../../support/a-market.ts'
import { marketTest as test } from '../../support/market-test.ts'

const at = new Date()

test('a guest sees a licence of a shared project without the other projects and the slots of it', async ({
  market,
}) => {
  const [shared, hidden] = [await aProject(market), await aProject(market)]
  const package_ = { package: 'northwind/module-search' }
  const { id } = await aLicence(market, { ...package_, project: shared.id, slots: 2 })
  await inTransaction(market.db, (tx) => assignSlot(tx, { licence: id, project: hidden.id, at }))
  const other = await aLicence(market, { ...package_, project: (await aProject(market)).id })
  const shares = [{ project: shared.id, role: 'viewer' as const }]
  const guest: GuestAccess = { guestOf: shared.org, slug: 'acme-retail', name: 'Acme', shared: shares }

  const listed = await licencesFor(market.db, guest, { limit: 9, at })
  const one = await licenceFor(market.db, guest, { id, at })

  expect(listed.map(({ projects }) => projects.map((each) => each.id))).toEqual([[shared.id]])
  expect(one.activations.map(({ project }) => project)).toEqual([shared.id])
  for (const shown of [...listed, one])
    expect(Object.keys(shown)).not.toEqual(expect.arrayContaining(['slots']))
  expect(JSON.stringify([listed, one])).not.toContain(hidden.id)
  await expect(licenceFor(market.db, guest, { id: other.id, at })).rejects.toMatchObject({
    code: 'licence_not_found',
  })
})
