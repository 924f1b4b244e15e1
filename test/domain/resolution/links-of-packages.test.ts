import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { choose } from '../../../src/domain/resolution/choose.ts'
import type { Option } from '../../../src/domain/resolution/options.ts'
import { purchasesOf } from '../../../src/domain/resolution/purchases.ts'
import type { PackageId } from '#kernel/ids'
import {
  AT,
  conflictsIn,
  packageIn,
  QUOTE_KEY,
  requiring,
  resolving,
  setIn,
  statesIn,
} from '../../support/a-resolution.ts'

const SEARCH = 'northwind/module-search'
const STOCK = 'northwind/module-stock'
const LABELS = 'fabrikam/module-labels'

const { db, market, resolve } = resolving()

/** What the manifests of all versions of the package say beside what they say now. */
const says = (name: string, links: object) =>
  sql`update versions set manifest = (manifest::jsonb || ${JSON.stringify(links)}::jsonb) where package_id = ${market().package(name)}`.execute(
    db(),
  )
const locked = (entries: object[]) => ({ composer_lock: { packages: entries } })
const OTHER = { name: 'other/module', version: '2.1.0' }

beforeEach(() => sql`alter table versions disable trigger user`.execute(db()))
afterEach(async () => {
  await says(LABELS, { require: {}, conflict: {}, replace: {}, provide: {} })
  await sql`alter table versions enable trigger user`.execute(db())
})

describe('what a package says about one that is installed from elsewhere', () => {
  test.for([
    [{ conflict: { 'other/module': '*' } }, 'conflict'],
    [{ conflict: { 'other/module': '<2.0' } }, 'buy'],
    [{ conflict: { 'other/module': 'no constraint' } }, 'buy'],
    [{ require: { 'other/module': '^3.0' } }, 'conflict'],
  ] as const)(
    'a package with %j beside an installed other/module has the state %s',
    async ([links, state]) => {
      await says(LABELS, links)

      const found = await resolve({ ...requiring({ [LABELS]: '*' }), ...locked([OTHER]) })

      expect(packageIn(found, LABELS)?.state).toBe(state)
      const clashes = state === 'conflict' ? [`installed_version_clashes ${LABELS} other/module`] : []
      expect(conflictsIn(found)).toEqual(clashes)
    },
  )

  test.for([
    ['*', 'conflict'],
    ['<0.1', 'buy'],
  ] as const)(
    'an installed package that conflicts with %s of a package gives that package the state %s',
    async ([constraint, state]) => {
      const refusing = { ...OTHER, conflict: { [LABELS]: constraint } }
      const found = await resolve({ ...requiring({ [LABELS]: '*' }), ...locked([refusing]) })

      expect(packageIn(found, LABELS)?.state).toBe(state)
    },
  )

  test('a branch that is installed fits, because it may have an alias', async () => {
    await says(LABELS, { require: { 'other/module': '^103.0' } })
    const branch = { name: 'other/module', version: 'dev-fix' }

    const found = await resolve({ ...requiring({ [LABELS]: '*' }), ...locked([branch]) })

    expect(conflictsIn(found)).toEqual([])
  })
})

describe('what provides a package', () => {
  test('a package that an installed package provides is not needed', async () => {
    const providing = { ...OTHER, provide: { [LABELS]: '1.0.0' } }
    const found = await resolve({ ...requiring({ [LABELS]: '*' }), ...locked([providing]) })

    expect(statesIn(found)).toEqual([`not_needed ${LABELS}`])
  })

  test('a package that another one of the market provides is not needed, in a version that composer.json allows', async () => {
    await says(LABELS, { provide: { [SEARCH]: '1.0.0' } })
    const ask = async (constraint: string) =>
      statesIn(await resolve(requiring({ [LABELS]: '*', [SEARCH]: constraint })))

    expect(await ask('^1.0')).toEqual([`buy ${LABELS}`, `not_needed ${SEARCH}`])
    expect(await ask('2.0.0-beta1')).toEqual([`buy ${LABELS}`, `buy ${SEARCH}`])
  })
})

describe('a package that is not needed, or cannot be installed', () => {
  test('what is required only by a package that is not needed, or cannot be installed, is not bought', async () => {
    await says(LABELS, { require: { [STOCK]: '*' } })
    const ask = async (links: object) => {
      await says(LABELS, links)
      const found = await resolve({ ...requiring({ [LABELS]: '*' }), ...locked([OTHER]) })
      return setIn(found)?.join() ?? ''
    }

    expect(await ask({})).toContain(STOCK)
    expect(await ask({ conflict: { 'other/module': '*' } })).toBe('')
    const local = { name: LABELS, version: '1.0.0', dist: { type: 'path' } }
    await says(LABELS, { conflict: {} })
    expect(setIn(await resolve({ ...requiring({ [LABELS]: '*' }), ...locked([local]) }))).toEqual([])
  })
})

const option = (name: string, currency: string, amountMinor: number, ...covers: number[]): Option => ({
  kind: 'buy',
  package: name,
  licence: undefined,
  price: { amountMinor, currency },
  model: 'one_time',
  until: undefined,
  covers: covers.map((id): PackageId => `pkg_${id}`),
})

test('a purchase gets at most 20 packages, and says how many are left', async () => {
  const options = Array.from({ length: 23 }, (_, n) => option(`stranger/module-${n}`, 'EUR', 100, n))
  const org = await market().access('buyer', 'acme-retail')
  const wanted = { org, edition: 'open-source', project: undefined, newProject: { name: 'Many' } } as const

  const [purchase] = await purchasesOf(db(), options, { ...wanted, at: AT, quoteKey: QUOTE_KEY })

  expect([purchase?.input.packages.length, purchase?.left]).toEqual([20, 3])
})

describe('prices in several currencies', () => {
  test('prices in several currencies are not compared, and the cheapest is taken in each: the first currency by name comes first', () => {
    const { options, isExact } = choose([
      option('a/usd', 'USD', 1, 1),
      option('b/eur', 'EUR', 500, 1),
      option('c/eur', 'EUR', 400, 1),
      option('d/usd', 'USD', 300, 2),
    ])

    expect(options.map((each) => each.package)).toEqual(['c/eur', 'd/usd'])
    expect(isExact).toBe(false)
  })
})
