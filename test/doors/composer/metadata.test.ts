import { describe, expect } from 'vitest'
import { mintId } from '#kernel/ids'
import { publishVersion } from '#domain/publishing'
import { minified } from '../../../src/api/composer/minified.ts'
import { copiesOfAVersion } from '../../support/a-stored-version.ts'
import { registryTest, HOST, type P2, versionsIn } from '../../support/a-registry.ts'

const NOW = new Date('2026-11-23T10:00:00Z')

const test = registryTest(NOW)

describe('packages.json', () => {
  test('packages.json lists licensed and covered packages, and the name patterns of all approved vendors', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: 'northwind/suite' }, { package: 'fabrikam/module-labels' })
    const answer = await shop.ofProject('packages.json')
    expect(answer.json()).toEqual({
      packages: [],
      'metadata-url': `${HOST}/r/${shop.id}/p2/%package%.json`,
      'available-packages': [
        'fabrikam/module-labels',
        'northwind/module-core',
        'northwind/module-search',
        'northwind/module-stock',
        'northwind/suite',
      ],
      'available-package-patterns': ['contoso/*', 'fabrikam/*', 'northwind/*'],
      'notify-batch': `${HOST}/composer/downloads`,
      'security-advisories': { metadata: false, 'api-url': `${HOST}/composer/advisories` },
      filter: {
        metadata: true,
        lists: { malware: { enabled: true } },
        'summary-url': `${HOST}/r/${shop.id}/filter.json`,
      },
    })
  })

  test('packages.json of a project without licences lists one reserved name', async ({ registry }) => {
    const shop = await registry.aShop()
    const body = (await shop.ofProject('packages.json')).json()
    expect(body).toMatchObject({ 'available-packages': ['packagento-reserved/none'] })
    expect(body).not.toHaveProperty('infos')
  })

  test('packages.json says when updates end within 30 days, and where to renew', async ({ registry }) => {
    const validUntil = new Date('2026-12-01T00:00:00Z')
    const shop = await registry.aShop({ package: 'northwind/module-stock', validUntil })
    const { infos } = (await shop.ofProject('packages.json')).json<P2>()
    expect(infos).toEqual([
      {
        versions: '*',
        message: `northwind/module-stock: updates end on 2026-12-01. Renew: ${HOST}/packages/northwind/module-stock`,
      },
    ])
  })
})

describe('metadata of a licensed package', () => {
  test('metadata has the newest version first, and each following one only with what differs', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: 'northwind/module-stock' })
    const body = (await shop.p2('northwind/module-stock')).json<P2>()
    const [newest, second, third] = body.packages['northwind/module-stock'] ?? []
    expect(body.minified).toBe('composer/2.0')
    expect(body.filter).toEqual({ malware: [] })
    expect(newest).toMatchObject({
      name: 'northwind/module-stock',
      type: 'magento2-module',
      require: { php: '>=8.1', 'northwind/module-core': '^1.0' },
      version: 'v1.2.0',
      version_normalized: '1.2.0.0',
      time: '2026-09-01T08:00:00+00:00',
      'published-time': '2026-09-01T08:00:00+00:00',
      dist: { type: 'zip', reference: expect.stringMatching(/^[0-9a-f]{40}$/) as string },
    })
    expect(newest?.['dist']).toMatchObject({
      url: expect.stringMatching(
        /^http:\/\/registry\.example\/dist\/northwind\/module-stock\/1\.2\.0-[0-9a-f]{16}\.zip$/,
      ) as string,
      shasum: expect.stringMatching(/^[0-9a-f]{40}$/) as string,
    })
    expect(newest).not.toHaveProperty('source')
    for (const entry of [second, third])
      expect(Object.keys(entry ?? {}).sort()).toEqual([
        'dist',
        'published-time',
        'time',
        'version',
        'version_normalized',
      ])
  })

  test('metadata of many versions, which are read some at a time, has each once and in order', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: 'fabrikam/module-labels' })
    const packageId = registry.market.package('fabrikam/module-labels')
    const before = versionsIn(await shop.p2('fabrikam/module-labels'))
    await copiesOfAVersion(registry.db, { packageId, tag: String(before[0]), count: 45 })

    const versions = versionsIn(await shop.p2('fabrikam/module-labels'))

    await registry.db.deleteFrom('versions').where('label', 'like', '0.0.%').execute()
    expect(versions).toEqual([...before, ...Array.from({ length: 45 }, (_, n) => `0.0.${45 - n}`)])
  })

  test('metadata lists versions by precedence, with a beta of 2.0.0 above 1.1.0', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const { packages } = (await shop.p2('northwind/module-search')).json<P2>()
    expect(packages['northwind/module-search']?.map(({ version }) => version)).toEqual([
      'v2.0.0-beta1',
      'v1.1.0',
      'v1.0.1',
      'v1.0.0',
    ])
  })

  test('metadata of a metapackage has no dist', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/suite' })
    const { packages } = (await shop.p2('northwind/suite')).json<P2>()
    expect(packages['northwind/suite']?.[0]).toMatchObject({ type: 'metapackage', version: 'v1.1.0' })
    expect(JSON.stringify(packages)).not.toContain('dist')
  })

  test('~dev metadata is an empty list', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const answer = await shop.p2('northwind/module-search~dev')
    expect(answer.statusCode).toBe(200)
    expect(answer.json<P2>().packages).toEqual({ 'northwind/module-search': [] })
  })

  test('metadata leaves out versions that were released after the window, and says so', async ({
    registry,
  }) => {
    const validUntil = new Date('2026-06-10T08:00:00Z')
    const shop = await registry.aShop({ package: 'northwind/module-stock', validUntil })
    const body = (await shop.p2('northwind/module-stock')).json<P2>()
    expect(body.packages['northwind/module-stock']?.map(({ version }) => version)).toEqual([
      'v1.1.0',
      'v1.0.0',
    ])
    expect(body.infos?.map(({ message }) => message)).toEqual([
      `northwind/module-stock v1.2.0 was released after your update window ended. Renew: ${HOST}/packages/northwind/module-stock`,
    ])
  })

  test('metadata has the manifest without source, scripts and repositories, and marks removed fields', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: 'northwind/theme-plain' })
    await publishVersion(registry.db, {
      id: mintId('ver', NOW, Math.random),
      packageId: registry.market.package('northwind/theme-plain'),
      tag: 'v3.0.0',
      commitSha: 'c'.repeat(40),
      treeSha: 'd'.repeat(40),
      committedAt: NOW,
      releasedAt: NOW,
      manifest: {
        name: 'northwind/theme-plain',
        type: 'magento2-theme',
        homepage: 'https://northwind.example',
        support: { email: 'help@northwind.example', source: 'https://git.example/northwind' },
        scripts: { 'post-install-cmd': 'echo' },
        repositories: [{ type: 'vcs', url: 'https://git.example/northwind' }],
        source: { type: 'git', url: 'https://git.example/northwind', reference: 'abc' },
      },
      archive: {
        sha1: '1'.repeat(40),
        sha256: '2'.repeat(64),
        contentSha256: '3'.repeat(64),
        bytes: 1,
        builder: 'zip-0',
      },
    })
    const { packages } = (await shop.p2('northwind/theme-plain')).json<P2>()
    const [newest, next] = packages['northwind/theme-plain'] ?? []
    expect(newest).toMatchObject({ support: { email: 'help@northwind.example' } })
    expect(JSON.stringify(newest)).not.toContain('git.example')
    expect(newest).not.toHaveProperty('scripts')
    expect(next).toMatchObject({
      homepage: `${HOST}/packages/northwind/theme-plain`,
      support: '__unset',
      version: 'v1.1.0',
    })
  })

  test('metadata leaves out a withdrawn version', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'fabrikam/module-labels' })
    const versions = registry.db
      .updateTable('versions')
      .where('package_id', '=', registry.market.package('fabrikam/module-labels'))
      .where('label', '=', '1.1.0')
    await versions.set({ status: 'withdrawn' }).execute()
    expect(versionsIn(await shop.p2('fabrikam/module-labels'))).toEqual(['1.0.0'])
    await versions.set({ status: 'available' }).execute()
  })

  test('metadata marks a package that is no longer sold as abandoned and still lists its versions', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: 'fabrikam/module-labels' })
    const sold = registry.db
      .updateTable('packages')
      .where('id', '=', registry.market.package('fabrikam/module-labels'))
    const before = await shop.p2('fabrikam/module-labels')
    await sold.set({ withdrawn_at: NOW }).execute()
    const after = await shop.p2('fabrikam/module-labels')
    await sold.set({ withdrawn_at: null }).execute()
    expect(before.body).not.toContain('abandoned')
    expect(after.json<P2>().packages['fabrikam/module-labels']?.[0]).toMatchObject({ abandoned: true })
    expect(versionsIn(after)).toEqual(['1.1.0', '1.0.0'])
    expect(after.headers['last-modified']).not.toBe(before.headers['last-modified'])
  })
})

describe('minification', () => {
  test('minified metadata expands to the same versions as in Composer', () => {
    const versions = [
      { name: 'a/b', require: { php: '>=8.3' }, extra: [], version: '3.0.0' },
      { name: 'a/b', require: { php: '>=8.2' }, version: '2.0.0' },
      { name: 'a/b', version: '1.0.0' },
      { name: 'a/b', require: { php: '>=8.2' }, extra: [], version: '0.9.0' },
    ]
    const small = versions.map((version, n) => minified(version, versions[n - 1]))
    expect(small[1]).toEqual({ require: { php: '>=8.2' }, version: '2.0.0', extra: '__unset' })
    expect(expanded(small)).toEqual(versions)
  })

  /** Does the same as `MetadataMinifier::expand` of composer/metadata-minifier. */
  function expanded(small: Record<string, unknown>[]): Record<string, unknown>[] {
    let last: Record<string, unknown> = {}
    return small.map((entry) => {
      last = { ...last, ...entry }
      for (const [key, value] of Object.entries(entry)) if (value === '__unset') delete last[key]
      return last
    })
  }
})
