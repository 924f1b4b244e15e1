import { expect } from 'vitest'
import { deletionBlockersOf } from '#domain/team'
import { addVendor } from '#domain/vendors'
import { mintId } from '#kernel/ids'
import { aLicence } from '../../support/a-market.ts'
import { aTeam, somebody } from '../../support/a-team.ts'
import { anOperation } from '../../support/an-operation.ts'
import { aGitIntegration } from '../../support/git.ts'
import { marketTest as test } from '../../support/market-test.ts'

const at = new Date()

test('an org is not deleted while it has what others or a bank rely on', async ({ market }) => {
  const { db } = market
  const holds = (slug: string) => deletionBlockersOf(db, { org: market.org(slug), at })

  expect(await holds('hooli')).toEqual([])
  expect(await holds('acme-retail')).toEqual(['cards'])
  const { id } = await aLicence(market, { package: 'northwind/module-search', org: 'hooli' })
  await aGitIntegration(db, { org: market.org('hooli'), customer: market.person('nocard') })

  expect(await holds('hooli')).toContain('licences')
  expect(await holds('hooli')).toContain('git')
  await db.updateTable('licences').set({ status: 'refunded' }).where('id', '=', id).execute()
  expect(await holds('hooli')).not.toContain('licences')
  expect(await holds('northwind')).toEqual(['sold_packages', 'vendors'])
  const ann = await somebody(db)
  const hooli = db.updateTable('orgs').where('id', '=', market.org('hooli'))
  await hooli.set({ personal_of: ann.customer }).execute()
  expect(await holds('hooli')).toContain('personal')
})

test('an org that has only applied to sell is not deleted', async ({ market }) => {
  const { org, people } = await aTeam(market.db, 'owner')
  const id = mintId('ven', at, Math.random)
  const slug = `v${id.slice(-20).toLowerCase()}`
  await addVendor(market.db, {
    id,
    orgId: org.id,
    slug,
    name: 'Soon',
    website: 'https://soon.example',
    termsVersion: '2026-01-01',
    appliedBy: people.owner.customer,
    at,
  })

  expect(await deletionBlockersOf(market.db, { org: org.id, at })).toEqual(['vendors'])
})

test('an org is not deleted while an order is open, also when its operation is over', async ({ market }) => {
  const { db } = market
  const { id: operation_id, org, customer, row } = await anOperation(db)
  await row().set({ status: 'cancelled', finished_at: at }).execute()
  const id = mintId('ord', at, Math.random)
  const placed = { placed_by: customer, total_amount: 0, currency: 'EUR', created_at: at }
  await db
    .insertInto('orders')
    .values({ id, org_id: org.id, operation_id, ...placed })
    .execute()

  expect(await deletionBlockersOf(db, { org: org.id, at })).toEqual(['operations'])
  await db.updateTable('orders').set({ cancelled_at: at }).where('id', '=', id).execute()
  expect(await deletionBlockersOf(db, { org: org.id, at })).toEqual([])
})
