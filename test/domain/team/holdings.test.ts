import { expect } from 'vitest'
import { holdingsOf } from '#domain/team'
import { aLicence } from '../../support/a-market.ts'
import { somebody } from '../../support/a-team.ts'
import { aGitIntegration } from '../../support/git.ts'
import { marketTest as test } from '../../support/market-test.ts'

const at = new Date()

test('an org is not deleted while it has what others or a bank rely on', async ({ market }) => {
  const { db } = market
  const holds = (slug: string) => holdingsOf(db, { org: market.org(slug), at })

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
