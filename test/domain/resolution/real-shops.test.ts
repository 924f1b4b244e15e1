import { describe, expect, test } from 'vitest'
import { purchaseTerms, checkQuote, packagesWanted, planPurchase } from '#domain/cart'
import { projectInUse } from '#domain/projects'
import { aLicence, aProject } from '../../support/a-market.ts'
import {
  AT,
  conflictsIn,
  packageIn,
  QUOTE_KEY,
  resolving,
  setIn,
  statesIn,
} from '../../support/a-resolution.ts'
import {
  agencyMonorepo,
  commerceCloud,
  headlessShop,
  oldShop,
  plainShop,
} from '../../support/composer-shops/index.ts'

const SEARCH = 'northwind/module-search'
const STOCK = 'northwind/module-stock'
const SUITE = 'northwind/suite'
const CORE = 'northwind/module-core'
const LABELS = 'fabrikam/module-labels'
const JUNE = new Date('2026-06-01Z')

const { db, market, resolve } = resolving()

describe('a plain shop with Magento Open Source', () => {
  test('the suite is bought instead of its two modules, because it costs less', async () => {
    const { id } = await aProject(market())
    const found = await resolve(plainShop(), { project: id })

    expect(statesIn(found)).toEqual([
      `buy ${CORE} through ${SUITE}`,
      `buy ${SEARCH} through ${SUITE}`,
      `buy ${STOCK} through ${SUITE}`,
    ])
    expect(setIn(found)).toEqual([`buy ${SUITE} for 12900`])
    expect(found.set?.isExact).toBe(true)
    expect(found.set?.separately.reduce((sum, { amountMinor }) => sum + amountMinor, 0)).toBe(14_800)
    expect(found.elsewhere).toBe(465 - 3)
    expect(found.conflicts).toEqual([])
    expect(found.edition).toBe('open-source')
  })

  test('its quote is the quote of that purchase, so that buying by it works', async () => {
    const { id } = await aProject(market())
    const { purchases } = await resolve(plainShop(), { project: id })
    const [purchase] = purchases
    const project = await projectInUse(db(), market().org('acme-retail'), id)
    const wanted = packagesWanted(purchase?.input.packages ?? [])
    const org = market().org('acme-retail')
    const planning = { org, wanted, project, edition: 'open-source', assignsLicences: true, at: AT } as const
    const plan = await planPurchase(db(), planning)

    expect(purchases).toHaveLength(1)
    expect(purchase?.input.packages).toEqual([SUITE])
    expect(purchase?.quote?.total.text).toBe('129.00 EUR')
    const destination = { project, edition: 'open-source', assignsLicences: true } as const
    const terms = await purchaseTerms(db(), { org, plan, purchase: purchase?.input ?? {}, destination })
    expect(() => checkQuote(QUOTE_KEY, purchase?.quote?.quote ?? '', terms, AT)).not.toThrow()
  })

  test('what a suite of the project covers is not bought, and says which licence covers it', async () => {
    const { id } = await aProject(market())
    const { id: licence } = await aLicence(market(), {
      package: SUITE,
      project: id,
      at: JUNE,
    })
    const found = await resolve(plainShop(), { project: id })

    expect(statesIn(found)).toEqual([CORE, SEARCH, STOCK].map((name) => `covered ${name} through ${SUITE}`))
    expect(new Set(found.packages.map((each) => each.licence))).toEqual(new Set([licence]))
    expect(found.purchases).toEqual([])
  })

  test('a free licence of the org is used before anything is bought', async () => {
    const { id } = await aProject(market())
    const { id: licence, activation } = await aLicence(market(), {
      package: SUITE,
      at: JUNE,
    })
    const found = await resolve(plainShop(), { project: id })

    expect(activation).toBeUndefined()
    expect(statesIn(found)).toEqual([CORE, SEARCH, STOCK].map((name) => `activate ${name} through ${SUITE}`))
    expect(found.set?.options).toMatchObject([{ kind: 'activate', licence }])
    await db().updateTable('licences').set({ status: 'refunded' }).where('id', '=', licence).execute()
  })
})

describe('the repository of an agency with its own modules in folders', () => {
  test('a fork in a folder needs no licence, and what the project has is covered', async () => {
    const { id } = await aProject(market())
    await aLicence(market(), { package: SEARCH, project: id })
    const found = await resolve(agencyMonorepo(), { project: id })

    expect(statesIn(found)).toEqual([
      `buy ${LABELS}`,
      `covered ${SEARCH}`,
      'not_needed northwind/theme-plain',
    ])
    expect(setIn(found)).toEqual([`buy ${LABELS} for 1900`])
  })
})

describe('a shop with Adobe Commerce in the cloud', () => {
  test('its edition is found, and a package that is not sold for it is a conflict', async () => {
    const found = await resolve(commerceCloud(), { newProject: { name: 'Cloud shop' } })

    expect(found.edition).toBe('commerce-cloud')
    expect(statesIn(found)).toEqual(['buy northwind/module-hello', `conflict ${SEARCH}`])
    expect(conflictsIn(found)).toEqual([`edition_not_sold ${SEARCH}`])
    expect(found.purchases.map(({ input }) => input)).toEqual([
      {
        packages: ['northwind/module-hello'],
        new_project: { name: 'Cloud shop', edition: 'commerce-cloud' },
      },
    ])
  })

  test('a project of another edition is a conflict, and prices are those of the project', async () => {
    const { id } = await aProject(market(), { edition: 'commerce' })
    const found = await resolve(commerceCloud(), { project: id })

    expect(conflictsIn(found)).toEqual(['edition_differs '])
    expect(setIn(found)).toEqual(['buy northwind/module-hello for 0', `buy ${SEARCH} for 14900`])
  })
})

describe('an old shop with Magento 2.3', () => {
  test('a replaced module is not needed, and a licence that ended before a release is bought anew', async () => {
    const { id } = await aProject(market())
    // core 1.1.0 was released on 4 May
    await aLicence(market(), { package: STOCK, project: id, validUntil: new Date('2026-03-01Z') })
    const found = await resolve(oldShop(), { project: id })

    expect(statesIn(found)).toEqual([
      `buy ${CORE} through ${STOCK}`,
      `not_needed ${SEARCH}`,
      `covered ${STOCK}`,
    ])
    expect(packageIn(found, SEARCH)?.replacedBy).toBe('acme/search-fork')
    expect(found.purchases).toMatchObject([
      { input: { packages: [STOCK] }, quote: { lines: [{ action: 'buy' }] } },
    ])
  })
})

describe('a headless shop whose composer.json asks for what does not fit', () => {
  test('each conflict is explained, and only the rest is bought', async () => {
    const found = await resolve(headlessShop(), { newProject: { name: 'Headless' } })

    expect(conflictsIn(found)).toEqual([
      `no_matching_version ${LABELS}`,
      `installed_version_clashes ${SEARCH} magento/framework`,
      `packages_clash ${SUITE} ${SEARCH}`,
      'unknown_package northwind/module-serach',
    ])
    expect(found.conflicts.map(({ message }) => message).join('\n')).toContain(
      `${SUITE} 1.1.0 requires ^1.0 of ${SEARCH}, and the files of the project allow only 2.0.0-beta1 of it.`,
    )
    expect(statesIn(found).filter((state) => state.startsWith('buy'))).toEqual([
      'buy fabrikam/module-broken',
      'buy northwind/module-hello',
    ])
    expect(packageIn(found, 'fabrikam/module-broken')?.isDev).toBe(true)
    // only the suite needs it, which has a conflict
    expect(packageIn(found, STOCK)).toBeUndefined()
  })
})
