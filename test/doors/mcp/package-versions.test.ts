import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aLicence, aMarket, aProject, type Market } from '../../support/a-market.ts'
import { aMember } from '../../support/a-member.ts'
import { aDatabase } from '../../support/database.ts'
import { aMcpDoor, type McpDoor } from '../../support/mcp.ts'
import { CLIENTS } from '../../support/mcp-clients.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let door: McpDoor
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  door = await aMcpDoor({ db: database.db })
})
afterAll(async () => {
  await door.close()
  await database.close()
})

const SEARCH = 'northwind/module-search'
const STOCK = 'northwind/module-stock'
const CORE = 'northwind/module-core'
interface Versions {
  items: { version: string; installable?: boolean; why_not?: string }[]
  next_cursor: string
}

describe.for(CLIENTS)('a client of %s', ([, connect]) => {
  const member = () => aMember({ door, market }, connect)

  test('list_package_versions lists versions newest first', async () => {
    const buyer = await member()

    expect(
      await buyer.ask('list_package_versions', { package: SEARCH, response_format: 'detailed' }),
    ).toEqual({
      org: 'acme-retail',
      items: [
        { version: '2.0.0-beta1', stability: 'beta', released_at: '2026-10-12T08:00:00.000Z' },
        { version: '1.1.0', stability: 'stable', released_at: '2026-07-01T08:00:00.000Z' },
        { version: '1.0.1', stability: 'stable', released_at: '2026-03-20T08:00:00.000Z' },
        { version: '1.0.0', stability: 'stable', released_at: '2026-02-02T08:00:00.000Z' },
      ],
    })
  })

  test('a project that gets a 402 for a package reads how to license or renew it', async () => {
    const { id: project } = await aProject(market)
    const buyer = await member()
    const asked = { package: STOCK, project }

    expect(await buyer.ask('list_package_versions', asked)).toMatchObject({
      next_step: `The project has no licence for it, so Composer gets a 402: call purchase_and_install_package with dry_run for ${STOCK} and this project.`,
    })
    await aLicence(market, { package: STOCK, project, validUntil: new Date('2026-07-01T00:00:00Z') })
    expect(await buyer.ask('list_package_versions', asked)).toMatchObject({
      next_step: expect.stringMatching(/^Versions released after the paid window need a renewal: call /),
    })
    const { id: entitled } = await aProject(market)
    await aLicence(market, { package: STOCK, project: entitled })
    const all = await buyer.ask('list_package_versions', { ...asked, project: entitled })
    expect(all).not.toHaveProperty('next_step')
  })

  test('the next page of versions works when the last version of the page before is withdrawn meanwhile', async () => {
    const buyer = await member()
    const asked = { package: SEARCH, limit: 2 }
    const first = await buyer.ask<Versions>('list_package_versions', asked)
    const status = (to: 'withdrawn' | 'available') =>
      database.db
        .updateTable('versions')
        .set({ status: to })
        .where('package_id', '=', market.package(SEARCH))
        .where('label', '=', '1.1.0')
        .execute()

    await status('withdrawn')
    const rest = await buyer.ask<Versions>('list_package_versions', { ...asked, cursor: first.next_cursor })
    const again = await buyer.ask<Versions>('list_package_versions', asked)
    await status('available')

    expect(first.items.map(({ version }) => version)).toEqual(['2.0.0-beta1', '1.1.0'])
    expect(rest.items.map(({ version }) => version)).toEqual(['1.0.1', '1.0.0'])
    expect(rest).not.toHaveProperty('next_cursor')
    expect(again.items.map(({ version }) => version)).toEqual(['2.0.0-beta1', '1.0.1'])
  })

  test('list_package_versions says which versions a project may install, and why not the others', async () => {
    const { id: project, slug } = await aProject(market)
    await aLicence(market, { package: STOCK, project, validUntil: new Date('2026-07-01T00:00:00Z') })
    const buyer = await member()
    const seen = async (name: string, ref: string) => {
      const asked = { package: name, project: ref }
      const { items } = await buyer.ask<Versions>('list_package_versions', asked)
      return items.map(({ version, installable, why_not }) => [version, installable, why_not])
    }

    expect(await seen(STOCK, slug)).toEqual([
      ['1.2.0', false, 'released_after_window'],
      ['1.1.0', true, undefined],
      ['1.0.0', true, undefined],
    ])
    expect(new Set((await seen(SEARCH, project)).map(([, ...rest]) => rest.join(' ')))).toEqual(
      new Set(['false not_licensed']),
    )
  })

  test('list_package_versions finds a hidden package only for a project whose licences cover it', async () => {
    const { id: project } = await aProject(market)
    const { id: withoutLicences } = await aProject(market)
    await aLicence(market, { package: STOCK, project })
    const buyer = await member()
    const asked = { package: CORE }

    const { items } = await buyer.ask<Versions>('list_package_versions', { ...asked, project })

    expect(items.map(({ version, installable }) => [version, installable])).toEqual([
      ['1.1.0', true],
      ['1.0.0', true],
    ])
    const hidden = {
      code: 'package_not_for_sale',
      field: 'package',
      message: `The package ${CORE} is not sold alone: it comes with northwind/module-stock, northwind/suite.`,
      next_step: 'Buy one of these instead: northwind/module-stock, northwind/suite.',
    }
    expect(await buyer.refused('list_package_versions', asked)).toMatchObject(hidden)
    expect(
      await buyer.refused('list_package_versions', { ...asked, project: withoutLicences }),
    ).toMatchObject(hidden)
    expect(await buyer.refused('list_package_versions', { package: 'no/body' })).toMatchObject({
      code: 'package_not_found',
      field: 'package',
    })
  })
})
