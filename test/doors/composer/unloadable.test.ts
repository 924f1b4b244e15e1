import { describe, expect } from 'vitest'
import { withdrawVersion } from '../../../src/domain/publishing/withdraw-version.ts'
import { aStoredVersion } from '../../support/a-stored-version.ts'
import { HOST, type P2, type Registry, registryTest, versionsIn } from '../../support/a-registry.ts'

const NOW = new Date('2026-11-23T10:00:00Z')
const NAME = 'fabrikam/module-labels'
const test = registryTest(NOW)

const store = (registry: Registry, tag: string, manifest: object) =>
  aStoredVersion(registry.db, {
    packageId: registry.market.package(NAME),
    tag,
    manifest: { name: NAME, ...manifest },
    at: NOW,
  })
const discard = (registry: Registry) =>
  registry.db
    .deleteFrom('versions')
    .where('package_id', '=', registry.market.package(NAME))
    .where('label', 'like', '9.%')
    .execute()

describe('a stored version that Composer cannot load', () => {
  test.for([
    [{ require: { php: '^' } }, 'require.php'],
    [{ require: ['php'] }, 'require.0'],
    [{ require: { 'acme/core': '^2.0.*' } }, 'require.acme/core'],
    [{ require: { 'acme/core': '>=20230131.0.0' } }, 'require.acme/core'],
    [{ conflict: 'nope' }, 'conflict'],
    [{ autoload: 'nope' }, 'autoload'],
    [{ autoload: { files: [5] } }, 'autoload.files.0'],
    [{ bin: 5 }, 'bin'],
    [{ bin: ['../../bin'] }, 'bin.0'],
    [{ autoload: { 'psr-4': { Acme: 'src' } } }, 'autoload.psr-4.Acme'],
    [{ type: 5 }, 'type'],
    [{ suggest: { 'acme/more': 5 } }, 'suggest.acme/more'],
    [{ 'include-path': 'lib' }, 'include-path'],
    [{ description: 'a\ud800' }, 'description'],
  ] as const)(
    'metadata leaves out a version with the manifest %j, and says so',
    async ([manifest, field], { registry }) => {
      const shop = await registry.aShop({ package: NAME })
      const before = await shop.p2(NAME)
      await store(registry, '9.0.0', manifest)

      const after = await shop.p2(NAME)

      await discard(registry)
      expect(versionsIn(after)).toEqual(versionsIn(before))
      expect(after.json<{ infos: unknown }>().infos).toEqual([
        {
          versions: '*',
          message: `${NAME} is offered without 9.0.0 (${field}), because Composer cannot load it. Its vendor can withdraw it: ${HOST}/packages/${NAME}`,
        },
      ])
      expect(after.headers['last-modified']).not.toBe(before.headers['last-modified'])
    },
  )

  test.for([
    [{ replace: { 'magento/framework': '*' } }],
    [{ bin: ['bin\\x'] }],
    [{ license: 5 }],
    [{ require: { 'not a name': '*' } }],
    [{ extra: 'nope', authors: 'nope', homepage: 5 }],
  ])(
    'metadata keeps a version with the manifest %j, because Composer can load it',
    async ([manifest = {}], { registry }) => {
      const shop = await registry.aShop({ package: NAME })
      await store(registry, '9.0.0', manifest)
      const metadata = await shop.p2(NAME)
      await discard(registry)
      expect(versionsIn(metadata)).toContain('9.0.0')
      expect(metadata.json<P2>()).not.toHaveProperty('infos')
    },
  )

  test('metadata names three versions that it leaves out, and counts the others', async ({ registry }) => {
    const shop = await registry.aShop({ package: NAME })
    for (const tag of ['9.0.0', '9.1.0', '9.2.0', '9.3.0', '9.4.0'])
      await store(registry, tag, { require: { php: '^' } })
    const metadata = await shop.p2(NAME)
    await discard(registry)
    expect(metadata.body).toContain(
      'without 9.4.0 (require.php), 9.3.0 (require.php), 9.2.0 (require.php) and 2 more,',
    )
    expect(registry.door.logged()).toContain('versions that Composer cannot load are left out')
  })

  test('metadata stops naming a version at once when its vendor withdraws it', async ({ registry }) => {
    const shop = await registry.aShop({ package: NAME })
    await store(registry, '9.0.0', { require: { php: '^' } })
    const before = await shop.p2(NAME)
    const withdrawal = { package: NAME, version: '9.0.0', reason: 'Composer cannot load it' }
    const operator = registry.market.person('operator')

    expect(await withdrawVersion(registry.db, { ...withdrawal, by: { operator } })).toMatchObject({
      fresh: true,
    })

    const validator = String(before.headers['last-modified'])
    const after = await shop.ofProject(`p2/${NAME}.json`, { 'if-modified-since': validator })
    await discard(registry)
    expect(before.body).toContain('infos')
    expect([after.statusCode, after.body.includes('infos'), after.body.includes('malware":[]')]).toEqual([
      200,
      false,
      true,
    ])
  })
})

describe('a version that only Composer 2.6 and newer can read', () => {
  test('metadata offers it to a newer Composer, and to an older one says which Composer it needs', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: NAME })
    await store(registry, '20230131.0.0', {})
    const p2 = (agent: string) => shop.ofProject(`p2/${NAME}.json`, { 'user-agent': agent })
    const [newer, unknown, older, first] = [
      await p2('Composer/2.6.0 (Linux; PHP 8.2)'),
      await p2('curl/8'),
      await p2('Composer/2.5.5 (Linux; PHP 8.2)'),
      await p2('Composer/2.0.14 (Linux; PHP 8.2)'),
    ]
    await registry.db.deleteFrom('versions').where('label', '=', '20230131.0.0').execute()
    expect([versionsIn(newer)[0], versionsIn(unknown)[0]]).toEqual(['20230131.0.0', '20230131.0.0'])
    for (const old of [older, first]) {
      expect(versionsIn(old)).toEqual(versionsIn(newer).slice(1))
      expect(old.json<{ infos: unknown }>().infos).toEqual([
        {
          versions: '*',
          message: `${NAME} 20230131.0.0 is not offered to this Composer, which cannot read its version. Composer 2.6 and newer can: ${HOST}/packages/${NAME}`,
        },
      ])
      expect(old.headers['last-modified']).not.toBe(newer.headers['last-modified'])
    }
  })
})
