import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkQuote, packagesWanted, planPurchase } from '#domain/cart'
import { projectInUse } from '#domain/projects'
import { type Resolution, type ResolutionWanted, resolveProject } from '#domain/resolution'
import type { Db } from '#platform/database'
import { aLicence, aMarket, aProject, type Market } from '../../support/a-market.ts'
import {
  agencyMonorepo,
  commerceCloud,
  type ComposerShop,
  headlessShop,
  oldShop,
  plainShop,
} from '../../support/composer-shops/index.ts'
import { aDatabase } from '../../support/database.ts'
import { recordedStatements } from '../../support/recorded-statements.ts'

const AT = new Date('2026-11-30T12:00:00Z')
const QUOTE_KEY = Buffer.alloc(32, 7)
const SEARCH = 'northwind/module-search'
const STOCK = 'northwind/module-stock'
const SUITE = 'northwind/suite'
const CORE = 'northwind/module-core'
const LABELS = 'fabrikam/module-labels'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase()
  market = await aMarket(database.db)
})
afterAll(() => database.close())

type More = Partial<Omit<ResolutionWanted, 'files'>> & { as?: string; db?: Db }

async function resolve(files: ComposerShop, { as = 'buyer', db = database.db, ...more }: More = {}) {
  const org = await market.access(as, 'acme-retail')
  return resolveProject(db, { org, files, at: AT, quoteKey: QUOTE_KEY, ...more })
}

/** Such as `buy northwind/module-search through northwind/suite`. */
const statesIn = ({ packages }: Resolution) =>
  packages.map(
    ({ state, package: name, through }) => `${state} ${name}${through ? ` through ${through}` : ''}`,
  )
const setIn = ({ set }: Resolution) =>
  set?.options.map(({ kind, package: name, price }) => `${kind} ${name} for ${price.amountMinor}`)
const conflictsIn = ({ conflicts }: Resolution) =>
  conflicts.map(({ code, packages, refusal }) => `${refusal?.code ?? code} ${packages.join(' ')}`)

/** A shop that requires these packages and nothing else. */
const requiring = (require: Record<string, string>, more: object = {}): ComposerShop => ({
  composer_json: { require, ...more },
})

describe('a plain shop with Magento Open Source', () => {
  test('the suite is bought instead of its two modules, because it costs less', async () => {
    const { id } = await aProject(market)
    const found = await resolve(plainShop(), { project: id })

    expect(statesIn(found)).toEqual([
      `buy ${CORE} through ${SUITE}`,
      `buy ${SEARCH} through ${SUITE}`,
      `buy ${STOCK} through ${SUITE}`,
    ])
    expect(setIn(found)).toEqual([`buy ${SUITE} for 12900`])
    expect(found.set?.isExact).toBe(true)
    expect(found.set?.separately.reduce((sum, { amountMinor }) => sum + amountMinor, 0)).toBe(14_800)
    expect(found.elsewhere).toBe(plainShopSize - 3)
    expect(found.conflicts).toEqual([])
    expect(found.edition).toBe('open-source')
  })

  test('its quote is the quote of that purchase, so that buying by it works', async () => {
    const { id } = await aProject(market)
    const { purchases } = await resolve(plainShop(), { project: id })
    const [purchase] = purchases
    const project = await projectInUse(database.db, market.org('acme-retail'), id)
    const wanted = packagesWanted(purchase?.input.packages ?? [])
    const org = market.org('acme-retail')
    const planning = { org, wanted, project, edition: 'open-source', hasProject: true, at: AT } as const
    const plan = await planPurchase(database.db, planning)

    expect(purchases).toHaveLength(1)
    expect(purchase?.input.packages).toEqual([SUITE])
    expect(purchase?.quote?.total.text).toBe('129.00 EUR')
    expect(() => checkQuote(QUOTE_KEY, purchase?.quote?.quote ?? '', org, plan, AT)).not.toThrow()
  })

  test('what a suite of the project covers is not bought, and says which licence covers it', async () => {
    const { id } = await aProject(market)
    const { id: licence } = await aLicence(market, {
      package: SUITE,
      project: id,
      at: new Date('2026-06-01Z'),
    })
    const found = await resolve(plainShop(), { project: id })

    expect(statesIn(found)).toEqual([CORE, SEARCH, STOCK].map((name) => `covered ${name} through ${SUITE}`))
    expect(new Set(found.packages.map((each) => each.licence))).toEqual(new Set([licence]))
    expect(found.purchases).toEqual([])
  })

  test('a free licence of the org is used before anything is bought', async () => {
    const { id } = await aProject(market)
    const { id: licence, activation } = await aLicence(market, {
      package: SUITE,
      at: new Date('2026-06-01Z'),
    })
    const found = await resolve(plainShop(), { project: id })

    expect(activation).toBeUndefined()
    expect(statesIn(found)).toEqual([CORE, SEARCH, STOCK].map((name) => `activate ${name} through ${SUITE}`))
    expect(found.set?.options).toMatchObject([{ kind: 'activate', licence }])
    await database.db.updateTable('licences').set({ status: 'refunded' }).where('id', '=', licence).execute()
  })
})

describe('the repository of an agency with its own modules in folders', () => {
  test('a fork in a folder needs no licence, and what the project has is covered', async () => {
    const { id } = await aProject(market)
    await aLicence(market, { package: SEARCH, project: id })
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
    const { id } = await aProject(market, { edition: 'commerce' })
    const found = await resolve(commerceCloud(), { project: id })

    expect(conflictsIn(found)).toEqual(['edition_differs '])
    expect(setIn(found)).toEqual(['buy northwind/module-hello for 0', `buy ${SEARCH} for 14900`])
  })
})

describe('an old shop with Magento 2.3', () => {
  test('a replaced module is not needed, and a licence that ended before a release is renewed', async () => {
    const { id } = await aProject(market)
    // core 1.1.0 was released on 4 May
    await aLicence(market, { package: STOCK, project: id, validUntil: new Date('2026-03-01Z') })
    const found = await resolve(oldShop(), { project: id })

    expect(statesIn(found)).toEqual([
      `renew ${CORE} through ${STOCK}`,
      `not_needed ${SEARCH}`,
      `covered ${STOCK}`,
    ])
    expect(found.packages.find((each) => each.package === SEARCH)?.replacedBy).toBe('acme/search-fork')
    expect(found.purchases).toMatchObject([
      { input: { packages: [STOCK], renew: true }, quote: { lines: [{ action: 'renew' }] } },
    ])
  })
})

describe('a headless shop whose composer.json asks for what does not fit', () => {
  test('each conflict is explained, and only the rest is bought', async () => {
    const found = await resolve(headlessShop(), { newProject: { name: 'Headless' } })

    expect(conflictsIn(found)).toEqual([
      `no_matching_version ${LABELS}`,
      `packages_clash ${SUITE} ${SEARCH}`,
      'unknown_package northwind/module-serach',
    ])
    expect(found.conflicts.map(({ message }) => message).join('\n')).toContain(
      `${SUITE} 1.1.0 requires ^1.0 of ${SEARCH}, and the files of the project allow only 2.0.0-beta1 of it.`,
    )
    expect(statesIn(found).filter((state) => state.startsWith('buy'))).toEqual([
      'buy fabrikam/module-broken',
      `buy ${CORE} through ${STOCK}`,
      'buy northwind/module-hello',
      `buy ${STOCK}`,
    ])
    expect(found.packages.find((each) => each.package === 'fabrikam/module-broken')?.isDev).toBe(true)
    expect(found.packages.find((each) => each.package === STOCK)?.requiredBy).toBe(SUITE)
  })
})

describe('a licence whose updates have ended', () => {
  const ended = { validUntil: new Date('2026-06-30Z') }

  test.for([
    ['its newest allowed version is inside', '~1.1.0', undefined, `covered ${STOCK}`, {}],
    [
      'its newest allowed version is outside',
      '^1.0',
      undefined,
      `renew ${STOCK}`,
      { withoutRenewal: '1.1.0' },
    ],
    ['the locked version is inside', '^1.0', '1.1.0', `covered ${STOCK}`, { beyond: '1.2.0' }],
    ['the locked version is outside', '^1.0', 'v1.2.0', `renew ${STOCK}`, { withoutRenewal: undefined }],
  ] as const)('%s', async ([, constraint, locked, state, more]) => {
    const { id } = await aProject(market)
    await aLicence(market, { package: STOCK, project: id, ...ended })
    const files = {
      ...requiring({ [STOCK]: constraint }),
      ...(locked && { installed: `${STOCK} ${locked}` }),
    }
    const found = await resolve(files, { project: id })

    expect(statesIn(found)).toContain(state)
    expect(found.packages.find((each) => each.package === STOCK)).toMatchObject(more)
  })

  test('a package that can be renewed no more is bought', async () => {
    const { id } = await aProject(market)
    await aLicence(market, {
      package: STOCK,
      project: id,
      at: new Date('2024-03-01Z'),
      validUntil: new Date('2025-03-01Z'),
    })
    const found = await resolve(requiring({ [STOCK]: '*' }), { project: id })

    expect(setIn(found)).toEqual([`buy ${STOCK} for 9900`])
  })

  test('a suspended licence is a conflict, and nothing is bought in its place', async () => {
    const { id } = await aProject(market)
    await aLicence(market, { package: SUITE, project: id, status: 'suspended' })
    const found = await resolve(requiring({ [SEARCH]: '*' }), { project: id })

    expect(conflictsIn(found)).toEqual([`licence_suspended ${SEARCH}`])
    expect(found.purchases).toEqual([])
  })
})

describe('who asks', () => {
  test.for([
    ['viewer', false, undefined],
    ['developer', true, '49.00 EUR'],
    ['billing', true, '49.00 EUR'],
  ] as const)('a %s sees prices and a quote: %s', async ([as, hasSet, total]) => {
    const { id } = await aProject(market)
    const found = await resolve(requiring({ [SEARCH]: '^1.0' }), { as, project: id })

    expect(statesIn(found)).toEqual([`buy ${SEARCH}`])
    expect(found.set !== undefined).toBe(hasSet)
    expect(found.purchases[0]?.quote?.total.text).toBe(total)
    if (!hasSet) expect(JSON.stringify(found)).not.toMatch(/amount|EUR/)
  })

  test('the project of another org is not found', async () => {
    const { id } = await aProject(market, { org: 'globex' })

    await expect(resolve(requiring({}), { project: id })).rejects.toMatchObject({ code: 'project_not_found' })
  })

  test('a hidden package is as one that does not exist, unless something in the shop brings it', async () => {
    const hide = (name: string, at: Date | null) =>
      database.db.updateTable('packages').set({ hidden_at: at }).where('name', '=', name).execute()
    const ask = (name: string) => resolve(requiring({ [name]: '^1.0' }), { as: 'buyer' })
    const absent = await ask('fabrikam/module-nothing')
    await hide(LABELS, AT)
    const hidden = await ask(LABELS)
    await hide(LABELS, null)

    const anonymous = (found: Resolution) => JSON.stringify(found).replaceAll(/fabrikam\/module-\w+/g, 'X')
    expect(anonymous(hidden)).toBe(anonymous(absent))
    expect(statesIn(await ask(CORE))).toEqual([`buy ${CORE} through ${STOCK}`])
  })
})

describe('resolving a project', () => {
  test('takes the same number of statements for 5,000 packages as for five', async () => {
    const { id } = await aProject(market)
    const count = async (size: number) => {
      const { db, statements } = recordedStatements(database.db)
      const others = Array.from({ length: size }, (_, n) => `stranger/module-${n} 1.0.${n}`)
      const files = { ...requiring({ [SEARCH]: '^1.0', [STOCK]: '^1.0' }), installed: others.join('\n') }
      const found = await resolve(files, { db, project: id, as: 'viewer' })
      expect(found.elsewhere).toBe(size)
      return statements.length
    }
    const [few, many] = [await count(3), await count(4_998)]

    expect(many).toBe(few)
    expect(few).toBe(13)
  })

  test('records nothing: no quote, no cart, no audit event', async () => {
    const { id } = await aProject(market)
    const { db, statements } = recordedStatements(database.db)
    await resolve(plainShop(), { db, project: id })

    expect(statements.filter((each) => /Insert|Update|Delete/.test(each))).toEqual([])
    expect(await database.db.selectFrom('cart_items').select('org_id').execute()).toEqual([])
  })
})

const plainShopSize = new Set([
  ...Object.keys(plainShop().composer_json['require'] as object).filter((name) => name.includes('/')),
  ...(plainShop().composer_lock?.['packages'] as { name: string }[]).map(({ name }) => name),
]).size
