import { describe, expect } from 'vitest'
import { fileAdvisory, type NewAdvisory } from '#domain/publishing'
import { registryTest, type Registry, HOST, statusAndWarning } from '../../support/a-registry.ts'
import { basic } from '../../support/composer.ts'

const NOW = new Date('2026-11-23T10:00:00Z')

const test = registryTest(NOW)
test.beforeAll(async ({ registry }) => {
  await fileAnAdvisory(registry, {
    package: 'northwind/module-search',
    cve: 'CVE-2026-10001',
    link: 'https://northwind.example/a',
  })
  await fileAnAdvisory(registry, { package: 'northwind/module-core', severity: 'critical' })
  await fileAnAdvisory(registry, { package: 'northwind/theme-plain' })
})

const fileAnAdvisory = (registry: Registry, advisory: Partial<NewAdvisory> & { package: string }) =>
  fileAdvisory(registry.db, {
    by: { operator: registry.market.person('operator') },
    affectedVersions: '>=1.0, <1.1.0',
    title: 'A search may run scripts',
    severity: 'high',
    at: NOW,
    ...advisory,
  })

const FORM = 'application/x-www-form-urlencoded'
const request = (
  registry: Registry,
  keys: Parameters<typeof basic>[0] | undefined,
  payload: string,
  type = FORM,
) =>
  registry.door.app.inject({
    method: 'POST',
    url: '/composer/advisories',
    payload,
    headers: { 'content-type': type, ...(keys && { authorization: basic(keys) }) },
  })
const formOf = (...names: string[]) => names.map((name, n) => `packages[${n}]=${name}`).join('&')
const namesIn = (answer: Awaited<ReturnType<typeof request>>) =>
  Object.keys(answer.json<{ advisories: object }>().advisories)

const ALL = ['northwind/module-search', 'northwind/module-core', 'northwind/theme-plain', 'a/b']

describe('advisories', () => {
  test('an advisory has every field that a client reads', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const answer = await request(registry, shop.keys, formOf('northwind/module-search'))
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-type']).toBe('application/json')
    const id = expect.stringMatching(/^adv_[0-9A-Z]{26}$/) as string
    expect(answer.json()).toEqual({
      advisories: {
        'northwind/module-search': [
          {
            advisoryId: id,
            packageName: 'northwind/module-search',
            affectedVersions: '>=1.0, <1.1.0',
            title: 'A search may run scripts',
            cve: 'CVE-2026-10001',
            link: 'https://northwind.example/a',
            reportedAt: '2026-11-23T10:00:00+00:00',
            severity: 'high',
            sources: [{ name: 'packagento', remoteId: id }],
          },
        ],
      },
    })
  })

  test('an advisory without a CVE has null, and one without a link has the page of the package or of the shop', async ({
    registry,
  }) => {
    const shop = await registry.aShop(
      { package: 'northwind/theme-plain' },
      { package: 'northwind/module-stock' },
    )
    const { advisories } = (await request(registry, shop.keys, formOf(...ALL))).json<{
      advisories: Record<string, object[]>
    }>()
    expect(advisories).toMatchObject({
      'northwind/theme-plain': [{ cve: null, link: `${HOST}/packages/northwind/theme-plain` }],
      'northwind/module-core': [{ link: `${HOST}/` }],
    })
  })

  test('an advisory of a package that is no longer sold links the shop, because the package has no page', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: 'northwind/theme-plain' })
    const { db, market } = registry
    const vendor = db.updateTable('vendors').where('id', '=', market.vendor('northwind'))
    const theme = db.updateTable('packages').where('id', '=', market.package('northwind/theme-plain'))
    const linkOf = async () => {
      const answer = await request(registry, shop.keys, formOf('northwind/theme-plain'))
      return answer.json<{ advisories: Record<string, { link: string }[]> }>().advisories[
        'northwind/theme-plain'
      ]?.[0]?.link
    }

    await theme.set({ withdrawn_at: NOW }).execute()
    const withdrawn = await linkOf()
    await theme.set({ withdrawn_at: null }).execute()
    await vendor.set({ suspended_at: NOW }).execute()
    const suspended = await linkOf()
    await vendor.set({ suspended_at: null }).execute()

    expect([withdrawn, suspended]).toEqual([`${HOST}/`, `${HOST}/`])
    expect(await linkOf()).toBe(`${HOST}/packages/northwind/theme-plain`)
  })

  test('advisories are returned for the requested packages that are licensed or covered', async ({
    registry,
  }) => {
    const search = await registry.aShop({ package: 'northwind/module-search' })
    const suite = await registry.aShop({ package: 'northwind/suite' })
    const none = await registry.aShop()
    expect(namesIn(await request(registry, search.keys, formOf(...ALL)))).toEqual(['northwind/module-search'])
    expect(namesIn(await request(registry, suite.keys, formOf(...ALL)))).toEqual([
      'northwind/module-core',
      'northwind/module-search',
    ])
    expect(namesIn(await request(registry, suite.keys, 'packages[]=Northwind%2FModule-Core'))).toEqual([
      'northwind/module-core',
    ])
    expect(namesIn(await request(registry, suite.keys, formOf('northwind/suite')))).toEqual([])
    expect((await request(registry, none.keys, formOf(...ALL))).body).toBe('{"advisories":{}}')
  })

  test('advisories of a package are not returned after its licence was refunded', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const licence = registry.db.updateTable('licences').where('id', '=', shop.licences[0]?.id ?? 'lic_')
    expect(namesIn(await request(registry, shop.keys, formOf(...ALL)))).toHaveLength(1)
    await licence.set({ status: 'refunded' }).execute()
    expect(namesIn(await request(registry, shop.keys, formOf(...ALL)))).toEqual([])
  })

  test.for([
    '',
    'packages=a',
    '{"packages":["northwind/module-search"]}',
    'packages[x]=northwind/module-search',
  ])('the request body %j returns no advisories', async (text, { registry }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    expect((await request(registry, shop.keys, text)).body).toBe('{"advisories":{}}')
  })

  test('a request for advisories needs a token and may have at most 10,000 names and 1 MiB', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const names = Array.from({ length: 9_999 }, (_, n) => `a/b${n}`)
    expect(
      namesIn(await request(registry, shop.keys, formOf(...names, 'northwind/module-search'))),
    ).toHaveLength(1)
    expect(
      statusAndWarning(await request(registry, shop.keys, formOf(...names, 'a/b', 'a/c'))),
    ).toMatchObject({
      status: 413,
    })
    const big = `x=${'y'.repeat(1024 * 1024)}`
    expect(statusAndWarning(await request(registry, shop.keys, big))).toEqual({
      status: 413,
      warning: 'This request is not one that Composer makes.',
    })
    expect(statusAndWarning(await request(registry, undefined, formOf(...ALL)))).toMatchObject({
      status: 401,
    })
  })
})
