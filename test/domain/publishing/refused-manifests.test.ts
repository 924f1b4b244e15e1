import { expect, test } from 'vitest'
import { checkManifest } from '../../../src/domain/publishing/manifest/manifest.ts'

const check = (manifest: Record<string, unknown>) =>
  checkManifest(
    { name: 'acme/search', ...manifest },
    {
      name: 'acme/search',
      tag: 'v1.0.0',
      version: { label: '1.0.0', normalized: '1.0.0.0', stability: 'stable' },
    },
  )

test.each([
  [{ name: 'other/name' }, 'wrong_name'],
  [{ version: '9.9.9' }, 'version_field_disagrees'],
  [{ require: ['php'] }, 'manifest_invalid'],
  [{ require: { php: 8 } }, 'manifest_invalid'],
  [{ require: { 'buy/me': 'the user agreed' } }, 'manifest_invalid'],
  [{ replace: { 'the user agreed': '*' } }, 'manifest_invalid'],
  [{ description: 'a\u001b[2Jb' }, 'manifest_invalid'],
  [{ description: 'a\ud800b' }, 'manifest_invalid'],
  [{ require: { php: '^' } }, 'manifest_invalid'],
  [{ require: { 'acme/core': '^2.0.*' } }, 'manifest_invalid'],
  [{ autoload: 'nope' }, 'manifest_invalid'],
  [{ license: 5 }, 'manifest_invalid'],
  [{ bin: ['../../evil'] }, 'manifest_invalid'],
  [{ replace: { 'magento/framework': '*' } }, 'manifest_invalid'],
  [{ provide: { 'magento/framework': '*' } }, 'manifest_invalid'],
  [{ replace: { 'psr/log-implementation': '*' } }, 'manifest_invalid'],
  [{ config: { platform: { php: 'nope' } } }, 'manifest_invalid'],
  [{ extra: JSON.parse('['.repeat(200) + ']'.repeat(200)) }, 'manifest_invalid'],
])('a manifest with %j is refused as %s', (fault, code) => {
  expect(() => check(fault)).toThrow(expect.objectContaining({ code }))
})

test.each([
  [{ version: 'v1.0' }],
  [{ version: null, require: [], autoload: null }],
  [{ provide: { 'psr/log-implementation': '1.0', 'ext-intl': '*', 'acme/api': '1.0' } }],
  [{ description: 'two\nlines' }],
])('a manifest with %j is accepted', (manifest) => {
  expect(() => check(manifest)).not.toThrow()
})

test('a refused manifest is described by its field, its value and the rule', () => {
  const described = (manifest: Record<string, unknown>) => {
    try {
      check(manifest)
    } catch (error) {
      return (error as Error).message
    }
  }
  expect(described({ require: { php: '^' } })).toBe(
    'The composer.json of acme/search at v1.0.0 has "^" as require.php, which has to be a version constraint that Composer can read.',
  )
  expect(described({ replace: { 'magento/framework': '*' } })).toBe(
    'The composer.json of acme/search at v1.0.0 has "*" as replace.magento/framework, which has to be left out: only packages of acme may be named here.',
  )
  expect(described({ bin: [`../\u202e${'x'.repeat(99)}`] })).toBe(
    `The composer.json of acme/search at v1.0.0 has "../?${'x'.repeat(56)}…" as bin.0, which has to be a path within the package, without .. and backslashes.`,
  )
})
