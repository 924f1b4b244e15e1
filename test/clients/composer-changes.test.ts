import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { blockVersion, fileAdvisory } from '#domain/publishing'
import { isBefore26 } from '../../src/api/composer/old-client.ts'
import { withdrawVersion } from '../../src/domain/publishing/withdraw-version.ts'
import { aComposerMarket } from '../support/a-composer-market.ts'
import { aProjectToken } from '../support/a-market.ts'
import { aStoredVersion } from '../support/a-stored-version.ts'
import { composerVersion, isAtLeast } from '../support/composer.ts'

const version = await composerVersion()
const LONG = 60_000
const day = (text: string) => new Date(`${text}T00:00:00Z`)

describe.skipIf(!version)(
  `Composer ${version ?? '(skipped: there is none on the PATH)'} after a change`,
  { timeout: LONG },
  () => {
    let at: Awaited<ReturnType<typeof aComposerMarket>>
    beforeAll(async () => {
      at = await aComposerMarket()
    })
    afterEach(() => at.removeShops())
    afterAll(() => at.close())

    type Shop = Awaited<ReturnType<typeof at.aShop>>
    async function reinstall(shop: Shop) {
      await shop.forget('vendor')
      await shop.forget('cache')
      at.requests()
      return shop.run('install')
    }

    test('after the update window ended, Composer installs old versions, and for newer versions it shows the page to renew', async () => {
      const shop = await at.aShop(['northwind/module-stock'])
      const stock = `${at.door.publicUrl}/packages/northwind/module-stock`
      const late = (tag: string) =>
        `northwind/module-stock ${tag} was released after your update window ended. Renew: ${stock}`
      expect((await shop.run('require', 'northwind/module-stock:^1.1')).exitCode).toBe(0)
      expect((await shop.locked())['northwind/module-stock']?.version).toBe('v1.2.0')

      await at
        .licencesOn(shop.id)
        .set({ status: 'expired', valid_until: day('2026-03-01') })
        .execute()

      const locked = await reinstall(shop)
      expect(locked.exitCode).not.toBe(0)
      expect(locked.output).toContain(late('v1.2.0'))
      const newer = await shop.run('update')
      expect(newer.exitCode).not.toBe(0)
      expect(newer.output).toContain(late('v1.2.0'))
      expect(newer.output).toContain('found northwind/module-stock[v1.0.0]')
      const older = await shop.run('require', 'northwind/module-stock:^1.0', '-W')
      expect(older.exitCode).toBe(0)
      expect((await shop.locked())['northwind/module-stock']?.version).toBe('v1.0.0')

      await at
        .licencesOn(shop.id)
        .set({ status: 'active', valid_until: day('2099-01-01') })
        .execute()

      const renewed = await shop.run('update')
      expect(renewed.output).toContain('Upgrading northwind/module-stock (v1.0.0 => v1.2.0)')
      expect(renewed.output).not.toContain('update window')
      expect(renewed.exitCode).toBe(0)
    })

    test('with a revoked token, Composer updates from its cache and gets no zip', async () => {
      const shop = await at.aShop(['northwind/module-search'])
      await shop.run('require', 'northwind/module-search')
      const tokens = at.db.updateTable('project_tokens').where('id', '=', shop.keys.id)
      await tokens.set({ revoked_at: new Date() }).execute()
      at.requests()

      const update = await shop.run('update')

      expect(update.output).toMatch(/This project token was revoked on \d{4}-\d\d-\d\d \d\d:\d\d UTC\./)
      expect(update.output).toContain('may be out of date')
      expect(update.exitCode).toBe(0)
      expect(at.requests().every((request) => request.endsWith(' 401'))).toBe(true)
      const install = await reinstall(shop)
      expect(install.exitCode).not.toBe(0)
      // a newer Composer also asks whether a locked version was blocked
      const isAsked = isAtLeast(version, '2.10')
      expect(at.requests()).toEqual([
        ...(isAsked ? ['GET /r/PROJECT/packages.json 401'] : []),
        expect.stringMatching(/^GET \/dist\/.* 401$/),
      ])
      expect(await shop.has('vendor/northwind/module-search/registration.php')).toBe(false)
    })

    test('after a token rotation, Composer can use the old key pair until it expires, and the new one afterwards', async () => {
      const shop = await at.aShop(['northwind/module-hello'])
      const fresh = await aProjectToken(at.market, shop.id)
      const old = at.db.updateTable('project_tokens').where('id', '=', shop.keys.id)
      await old.set({ expires_at: new Date(Date.now() + 3_600_000) }).execute()
      expect((await shop.run('require', 'northwind/module-hello')).exitCode).toBe(0)
      await old.set({ expires_at: new Date() }).execute()
      expect((await reinstall(shop)).exitCode).not.toBe(0)
      await shop.signIn(fresh)
      expect((await reinstall(shop)).exitCode).toBe(0)
    })

    test('after an advisory, composer audit shows it and exits with 1', async () => {
      const shop = await at.aShop(['northwind/module-hello'])
      const require = await shop.run('require', 'northwind/module-hello')
      expect(require.output).toContain('No security vulnerability advisories found')
      expect((await shop.run('audit')).exitCode).toBe(0)

      await fileAdvisory(at.db, {
        by: { operator: at.market.person('operator') },
        package: 'northwind/module-hello',
        affectedVersions: '>=1.0, <1.2',
        title: 'A page may run scripts',
        severity: 'high',
        cve: 'CVE-2026-10001',
        link: 'https://northwind.example/advisories/1',
        at: day('2026-11-20'),
      })

      const audit = await shop.run('audit')
      expect(audit.exitCode).toBe(1)
      expect(audit.output).toContain('Found 1 security vulnerability advisory affecting 1 package')
      for (const text of [
        'CVE-2026-10001',
        'A page may run scripts',
        'https://northwind.example/advisories/1',
        '>=1.0, <1.2',
        '2026-11-20T00:00:00+00:00',
      ])
        expect(audit.output).toContain(text)
      // a newer Composer does not choose an affected version at all
      expect((await shop.run('update')).output).toContain(
        isAtLeast(version, '2.9') ? 'affected by security' : 'Found 1 security vulnerability advisory',
      )
    })

    test('a stored version that Composer cannot load breaks no update, and is named until its vendor withdraws it', async () => {
      const shop = await at.aShop(['northwind/theme-plain'])
      const packageId = at.market.package('northwind/theme-plain')
      const manifest = { name: 'northwind/theme-plain', require: { php: '^' } }
      await aStoredVersion(at.db, { packageId, tag: 'v9.0.0', manifest, at: new Date() })

      const require = await shop.run('require', 'northwind/theme-plain')

      expect(require.exitCode).toBe(0)
      expect(require.output).toContain(
        'northwind/theme-plain is offered without v9.0.0 (require.php), because Composer cannot load it.',
      )
      expect((await shop.locked())['northwind/theme-plain']?.version).toBe('v1.1.0')

      await withdrawVersion(at.db, {
        by: { operator: at.market.person('operator') },
        package: 'northwind/theme-plain',
        version: '9.0.0',
        reason: 'Composer cannot load it',
      })

      const update = await shop.run('update')
      expect(update.exitCode).toBe(0)
      expect(update.output).not.toContain('is offered without')
    })

    test('Composer installs versions with two numbers and with a date, and locks them as they were tagged', async () => {
      const shop = await at.aShop(['northwind/theme-plain'])
      const packageId = at.market.package('northwind/theme-plain')
      const manifest = { name: 'northwind/theme-plain' }
      for (const tag of ['v1.5', '2024.05.01'])
        await aStoredVersion(at.db, { packageId, tag, manifest, at: new Date() })
      const locked = async () => (await shop.locked())['northwind/theme-plain']?.version

      expect((await shop.run('require', 'northwind/theme-plain:^1.5')).exitCode).toBe(0)
      expect(await locked()).toBe('v1.5')
      expect((await shop.run('require', 'northwind/theme-plain:^2024.5')).exitCode).toBe(0)
      expect(await locked()).toBe('2024.05.01')
      expect((await reinstall(shop)).exitCode).toBe(0)

      await aStoredVersion(at.db, { packageId, tag: '20240601.0.0', manifest, at: new Date() })
      expect((await shop.run('require', 'northwind/theme-plain:*')).exitCode).toBe(0)
      // two numbers after a date are a version since Composer 2.6
      expect(await locked()).toBe(isBefore26(`Composer/${version}`) ? '2024.05.01' : '20240601.0.0')
      expect((await reinstall(shop)).exitCode).toBe(0)
    })

    test('a version that was blocked as malware has no zip, and composer update does not find it', async () => {
      const shop = await at.aShop(['northwind/module-search'])
      await shop.run('require', 'northwind/module-search')
      await blockVersion(at.db, {
        operator: at.market.person('operator'),
        package: 'northwind/module-search',
        version: '1.1.0',
        reason: 'sends orders to a stranger',
      })
      const install = await reinstall(shop)
      expect(install.exitCode).not.toBe(0)
      // a newer Composer refuses the lock file before it requests the zip
      const isRefusedEarly = isAtLeast(version, '2.10')
      for (const text of isRefusedEarly
        ? ['flagged as malware', 'reason: sends orders to a stranger']
        : ['410 Gone', 'northwind/module-search v1.1.0 was blocked as malware: sends orders to a stranger.'])
        expect(install.output).toContain(text)
      const update = await shop.run('update')
      expect(update.exitCode).not.toBe(0)
      expect(update.output).toContain('found northwind/module-search[v1.0.0, v1.0.1, v2.0.0-beta1]')
    })
  },
)
