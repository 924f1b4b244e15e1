import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Resolution } from '#domain/resolution'
import { aLicence, aProject } from '../../support/a-market.ts'
import {
  AT,
  conflictsIn,
  packageIn,
  requiring,
  resolving,
  setIn,
  statesIn,
} from '../../support/a-resolution.ts'
import { plainShop } from '../../support/composer-shops/index.ts'
import { recordedStatements } from '../../support/recorded-statements.ts'

const SEARCH = 'northwind/module-search'
const STOCK = 'northwind/module-stock'
const SUITE = 'northwind/suite'
const CORE = 'northwind/module-core'
const LABELS = 'fabrikam/module-labels'

const { db, market, resolve } = resolving()

describe('a licence whose updates have ended', () => {
  const ended = { validUntil: new Date('2026-06-30Z') }

  test.for([
    ['its newest allowed version is inside', '~1.1.0', undefined, `covered ${STOCK}`, {}],
    ['its newest allowed version is outside', '^1.0', undefined, `buy ${STOCK}`, { withoutRenewal: '1.1.0' }],
    ['the locked version is inside', '^1.0', '1.1.0', `covered ${STOCK}`, { beyond: '1.2.0' }],
    ['the locked version is outside', '^1.0', 'v1.2.0', `buy ${STOCK}`, { withoutRenewal: undefined }],
  ] as const)('%s', async ([, constraint, locked, state, more]) => {
    const { id } = await aProject(market())
    await aLicence(market(), { package: STOCK, project: id, ...ended })
    const files = {
      ...requiring({ [STOCK]: constraint }),
      ...(locked && { installed: `${STOCK} ${locked}` }),
    }
    const found = await resolve(files, { project: id })

    expect(statesIn(found)).toContain(state)
    expect(packageIn(found, STOCK)).toMatchObject(more)
  })

  const stockCosts = (amount: number, edition: string) =>
    sql`update package_prices set amount = ${amount} where package_id = ${market().package(STOCK)} and edition = ${edition}`.execute(
      db(),
    )

  test('at the same price the licence that lasts longer is taken, and each option says until when it lasts', async () => {
    const { id } = await aProject(market(), { edition: 'commerce' })
    await aLicence(market(), {
      package: STOCK,
      project: id,
      at: new Date('2024-12-05Z'),
      validUntil: new Date('2025-12-05Z'),
    })
    const ask = () => resolve(requiring({ [STOCK]: '*' }), { project: id })
    const same = await ask()
    await stockCosts(12_000, 'commerce')
    const cheaper = await ask()
    await stockCosts(9900, 'commerce')

    expect(setIn(same)).toEqual([`buy ${STOCK} for 9900`])
    expect(same.set?.options[0]?.until).toEqual(new Date('2027-11-30T12:00:00Z'))
    // its renewal is for the edition of the licence, which costs less now
    expect(setIn(cheaper)).toEqual([`renew ${STOCK} for 9900`])
    expect(cheaper.set?.options[0]?.until).toEqual(new Date('2026-12-05T00:00:00Z'))
    expect(cheaper.purchases).toMatchObject([
      { input: { packages: [STOCK], renew: true }, quote: { lines: [{ action: 'renew' }] } },
    ])
  })

  test('a package that can be renewed no more is bought', async () => {
    const { id } = await aProject(market())
    await aLicence(market(), {
      package: STOCK,
      project: id,
      at: new Date('2024-03-01Z'),
      validUntil: new Date('2025-03-01Z'),
    })
    const found = await resolve(requiring({ [STOCK]: '*' }), { project: id })

    expect(setIn(found)).toEqual([`buy ${STOCK} for 9900`])
  })

  test('a suspended licence is a conflict, and nothing is bought in its place', async () => {
    const { id } = await aProject(market())
    await aLicence(market(), { package: SUITE, project: id, status: 'suspended' })
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
    const { id } = await aProject(market())
    const found = await resolve(requiring({ [SEARCH]: '^1.0' }), { as, project: id })

    expect(statesIn(found)).toEqual([`buy ${SEARCH}`])
    expect(found.set !== undefined).toBe(hasSet)
    expect(found.purchases[0]?.quote?.total.text).toBe(total)
    expect(/amount|EUR/.test(JSON.stringify(found))).toBe(hasSet)
  })

  test('the project of another org is not found', async () => {
    const { id } = await aProject(market(), { org: 'globex' })

    await expect(resolve(requiring({}), { project: id })).rejects.toMatchObject({ code: 'project_not_found' })
  })

  test('a hidden package is as one that does not exist, unless something in the shop brings it', async () => {
    const hide = (name: string, at: Date | null) =>
      db().updateTable('packages').set({ hidden_at: at }).where('name', '=', name).execute()
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
    const { id } = await aProject(market())
    const count = async (size: number) => {
      const { db: on, statements } = recordedStatements(db())
      const others = Array.from({ length: size }, (_, n) => `stranger/module-${n} 1.0.${n}`)
      const files = { ...requiring({ [SEARCH]: '^1.0', [STOCK]: '^1.0' }), installed: others.join('\n') }
      const found = await resolve(files, { on, project: id, as: 'viewer' })
      expect(found.elsewhere).toBe(size)
      return statements.length
    }
    const [few, many] = [await count(3), await count(4_998)]

    expect(many).toBe(few)
    // one of them for the licences of a package that is hidden
    expect(few).toBe(14)
  })

  test('records nothing: no quote, no cart, no audit event', async () => {
    const { id } = await aProject(market())
    const { db: on, statements } = recordedStatements(db())
    await resolve(plainShop(), { on, project: id })

    expect(statements.filter((each) => /Insert|Update|Delete/.test(each))).toEqual([])
    expect(await db().selectFrom('cart_items').select('org_id').execute()).toEqual([])
  })
})

describe('what a hidden package says about others', () => {
  test('is not shown: neither what it requires nor what it replaces, unless the project has a licence of it', async () => {
    const manifest = (value: object) =>
      sql`update versions set manifest = (manifest::jsonb || ${JSON.stringify(value)}::jsonb) where package_id = ${market().package(LABELS)}`.execute(
        db(),
      )
    await sql`alter table versions disable trigger user`.execute(db())
    await manifest({ require: { [STOCK]: '*' }, replace: { [SEARCH]: '*' } })
    const hide = (at: Date | null) =>
      db().updateTable('packages').set({ hidden_at: at }).where('name', '=', LABELS).execute()
    const { id } = await aProject(market())
    const ask = async (project?: string) =>
      statesIn(await resolve(requiring({ [LABELS]: '*', [SEARCH]: '*' }), { project }))
    expect((await ask()).join()).toContain(STOCK)

    await hide(AT)
    const asked = await ask(id)
    await aLicence(market(), { package: LABELS, project: id })
    const licensed = await ask(id)
    await hide(null)
    await manifest({ require: {}, replace: {} })
    await sql`alter table versions enable trigger user`.execute(db())

    expect(asked).toEqual([`buy ${SEARCH}`])
    expect(licensed.join()).toContain(STOCK)
  })
})
