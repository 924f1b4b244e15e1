import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findPublicPackage, packagesForPurchase, setPrice } from '#domain/catalogue'
import { packageOfProject } from '#domain/licensing'
import { publishVersion } from '#domain/publishing'
import { mintId } from '#kernel/ids'
import { aLicence, aMarket, aProject, type Market } from '../../support/a-market.ts'
import { auditOf } from '../../support/a-member.ts'
import { eur, offersIn } from '../../support/an-offer.ts'
import { aDatabase } from '../../support/database.ts'
import { loggedEventsOf } from '../../support/logged-events.ts'

const STOCK = 'northwind/module-stock'
const CORE = 'northwind/module-core'
const HELLO = 'northwind/module-hello'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let offers: ReturnType<typeof offersIn>
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  offers = offersIn(market)
})
afterAll(() => database.close())

const isShown = async (name: string) => (await findPublicPackage(database.db, name)) !== undefined
const isKnown = async (name: string) => (await packagesForPurchase(database.db, [name]))[0]?.isKnown
const changesOf = async (name: string) =>
  (await auditOf(database.db, market.org('northwind'))).flatMap(({ action, detail, object }) =>
    action === 'set_package_visibility' && object === market.package(name)
      ? [detail as { before: string; after: string }]
      : [],
  )
const installs = async (parent: string, name: string) => {
  const { id: project } = await aProject(market)
  await aLicence(market, { package: parent, project })
  return async () => (await packageOfProject(database.db, { project, name }))?.until !== undefined
}
const codeOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => undefined,
    (error: { code: string }) => error.code,
  )

/** Publishes a release of the stock module that requires one package. */
const releaseStock = (tag: string, required: string) =>
  publishVersion(database.db, {
    id: mintId('ver', Date.now(), Math.random),
    packageId: market.package(STOCK),
    tag,
    commitSha: 'a'.repeat(40),
    treeSha: 'b'.repeat(40),
    committedAt: new Date(),
    releasedAt: new Date(),
    manifest: { name: STOCK, type: 'magento2-module', require: { [required]: '*' } },
    archive: {
      sha1: 'a'.repeat(40),
      sha256: 'b'.repeat(64),
      bytes: 10,
      contentSha256: 'c'.repeat(64),
      builder: 'test',
    },
  })

describe('a vendor sets who sees a package', () => {
  test('a withdrawn package is not shown or sold, stays installable, and can be shown again', async () => {
    const stillInstalls = await installs(STOCK, STOCK)
    const key = randomUUID()

    const withdrawn = await offers.show(STOCK, 'withdrawn', { key })
    const again = await offers.show(STOCK, 'withdrawn', { key })

    expect(withdrawn).toMatchObject({
      before: 'public',
      visibility: 'withdrawn',
      not_sold_because: ['not_public'],
    })
    expect(again).toEqual({ ...withdrawn, replayed: true })
    expect([await isShown(STOCK), await isKnown(STOCK), await stillInstalls()]).toEqual([false, true, true])
    expect(await offers.show(STOCK, 'public')).not.toHaveProperty('not_sold_because')
    expect(await isShown(STOCK)).toBe(true)
    expect(await changesOf(STOCK)).toMatchObject([
      { before: 'public', after: 'withdrawn' },
      { before: 'withdrawn', after: 'public' },
    ])
  })

  test('a hidden package is unknown to others, and whoever has bought it keeps it', async () => {
    const stillInstalls = await installs(HELLO, HELLO)

    await offers.show(HELLO, 'hidden')

    expect([await isShown(HELLO), await isKnown(HELLO), await stillInstalls()]).toEqual([false, false, true])
    await offers.show(HELLO, 'public')
  })

  test('a package without a price does not become public, and a declared free one does', async () => {
    const key = randomUUID()

    expect(await codeOf(offers.show(CORE, 'public', { key }))).toBe('package_has_no_price')
    expect(await isKnown(CORE)).toBe(false)
    await offers.update({ package: CORE, prices: [eur(0, { model: 'free' })] })
    expect(await offers.show(CORE, 'public', { key })).toMatchObject({
      before: 'hidden',
      visibility: 'public',
    })
    await offers.show(CORE, 'hidden')
    await offers.update({ package: CORE, prices: [] })
  })

  test('a package with a price that this market does not settle does not become public', async () => {
    const price = { edition: 'open-source', model: 'one_time', amountMinor: 5_120 } as const
    for (const currency of ['KWD', 'CHF']) {
      await setPrice(database.db, { packageId: market.package(CORE), ...price, currency, at: new Date() })

      expect(await codeOf(offers.show(CORE, 'public'))).toBe('currency_not_settled')
    }
    expect(await isKnown(CORE)).toBe(false)
    await offers.update({ package: CORE, prices: [] })
  })

  test('a change of an outdated revision and of a foreign package is refused', async () => {
    expect(await codeOf(offers.show(STOCK, 'hidden', { revision: 77 }))).toBe('package_changed')
    expect(await codeOf(offers.show('fabrikam/none', 'hidden'))).toBe('package_not_found')
    expect(await isShown(STOCK)).toBe(true)
  })
})

describe('a part of a package that becomes public', () => {
  test('whoever has the package keeps the part, also after the next release of the package', async () => {
    const stillInstalls = await installs(STOCK, CORE)
    expect(await stillInstalls()).toBe(true)

    await offers.update({ package: CORE, prices: [eur(5_000)] })
    await offers.show(CORE, 'public')
    const afterShown = await stillInstalls()
    await releaseStock('v9.0.0', CORE)

    expect([afterShown, await stillInstalls()]).toEqual([true, true])
  })

  test('the earlier events of a hidden part are in the public log once it is shown, and not before', async () => {
    const [{ id }] = (await database.db
      .selectFrom('versions')
      .select('id')
      .where('package_id', '=', market.package(CORE))
      .limit(1)
      .execute()) as [{ id: string }]
    expect(await loggedEventsOf(database.db, id)).toEqual([{ kind: 'version_published' }])
  })

  test('a release does not cover a package that it requires while that package is public', async () => {
    await offers.update({ package: HELLO, prices: [eur(5_000)] })
    await offers.show(HELLO, 'hidden')
    await offers.show(HELLO, 'public')
    const coverage = () =>
      database.db
        .selectFrom('package_coverage')
        .select('since')
        .where('parent_id', '=', market.package(STOCK))
        .where('child_id', '=', market.package(HELLO))
        .execute()

    await releaseStock('v9.1.0', HELLO)

    expect(await coverage()).toEqual([])
    await offers.show(HELLO, 'hidden')
    expect(await coverage()).toHaveLength(1)
  })
})
