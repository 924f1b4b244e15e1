import { aRandom, type Random } from '../../../support/random.ts'
import { randomConstraint } from '../../../kernel/composer-version/samples.ts'
import type { Manifest } from '../../../../src/domain/publishing/manifest/manifest.ts'

export const NAME = 'acme/widget'

/** A manifest with every field that Composer's loader or our metadata reads. */
const FULL: Manifest = {
  name: NAME,
  description: 'A widget',
  keywords: ['magento', 'widget 2'],
  homepage: 'https://acme.example',
  type: 'magento2-module',
  license: ['proprietary', 'OSL-3.0'],
  authors: [{ name: 'Ann', email: 'ann@acme.example', homepage: 'https://acme.example', role: 'Developer' }],
  support: { email: 'help@acme.example', issues: 'https://acme.example/i', source: 'https://acme.example/s' },
  funding: [{ type: 'custom', url: 'https://acme.example/f' }],
  require: {
    php: '~8.1.0||~8.2.0',
    'ext-json': '*',
    'magento/framework': '>=103.0',
    'acme/core': 'self.version',
  },
  'require-dev': { 'phpunit/phpunit': '^10.5@stable' },
  conflict: { 'acme/old': '<2.0' },
  replace: { 'acme/gadget': 'self.version' },
  provide: { 'psr/log-implementation': '1.0 || 2.0', 'acme/api': '1.0' },
  suggest: { 'acme/more': 'For more widgets' },
  autoload: {
    'psr-4': { 'Acme\\Widget\\': 'src/', '': ['lib'] },
    files: ['registration.php'],
    classmap: ['old/'],
  },
  'autoload-dev': { 'psr-4': { 'Acme\\Test\\': 'test' } },
  extra: { 'branch-alias': { 'dev-main': '2.x-dev' }, map: [['*', 'app/']] },
  bin: ['bin/widget'],
  'include-path': ['lib/'],
  scripts: { test: ['phpunit'], lint: 'phpcs' },
  config: { 'sort-packages': true, platform: { php: '8.1.0', 'ext-x': false } },
  'minimum-stability': 'dev',
  time: '2026-01-02 03:04:05',
  archive: { name: 'widget', exclude: ['/test'] },
  version: '1.2.0',
}
const SPARE: Manifest = {
  'target-dir': 'Acme/Widget',
  source: { type: 'git', url: 'https://acme.example/w.git', reference: 'abc123' },
  dist: { type: 'zip', url: 'https://acme.example/w.zip', reference: 'abc123', shasum: 'ff' },
  'transport-options': { http: {} },
  'notification-url': 'https://acme.example/n',
  'installation-source': 'dist',
  'default-branch': true,
  abandoned: 'acme/new',
  repositories: [{ type: 'vcs', url: 'https://acme.example' }],
}

/** Values that a random change seldom makes. */
const RARE: Manifest[] = [
  { replace: { 'other/thing': '1.0' } },
  { provide: { 'magento/framework': '*' } },
  { provide: { 'ext-x': '*', 'other/thing-implementation': '1.0' } },
  { 'include-path': [5] },
  { support: { security: 5 } },
  { support: { chat: [] } },
  { license: 5 },
  { license: ['MIT', 5] },
  { bin: ['../../evil'] },
  { bin: 'bin\\..\\..\\x' },
  { bin: ['bin/a$(b)'] },
  { 'php-ext': { 'extension-name': 'x' } },
  { source: { type: 'perforce', url: 'rsh:touch x', reference: 'a' } },
  { bin: 5 },
  { autoload: 'nope' },
  { autoload: { files: [5] } },
  { autoload: { 'psr-4': { A: 'src' } } },
  { autoload: { classmap: [['a']] } },
  { require: { php: '^' } },
  { require: { 'acme/core': '^2.0.*' } },
  { require: ['a/b'] },
  { require: { 5: '*' } },
  { time: 'yesterday' },
  { type: 'Two Words' },
  { require: { 'acme/core': '1.0 as nonsense-word' } },
  { require: { 'acme/core': '1 '.repeat(140) } },
  { keywords: [['a']] },
  { authors: { name: 'Ann' } },
  { config: { platform: '8.1' } },
  { config: { platform: { php: 'nope' } } },
  { 'target-dir': 'x', autoload: { 'psr-4': {} } },
  { conflict: { 'acme/gadget': '*' }, replace: { 'acme/gadget': '*' } },
]

/** Good manifests with up to three values changed. */
export function randomManifests(seed: number, count: number): { manifest: Manifest; tag: string }[] {
  const random = aRandom(seed)
  return Array.from({ length: count }, () => {
    const manifest = structuredClone(FULL)
    for (const field of Object.keys(SPARE))
      if (random.below(8) === 0) manifest[field] = structuredClone(SPARE[field])
    for (const field of Object.keys(FULL))
      if (random.below(4) === 0 && field !== 'name') delete manifest[field]
    if (random.below(10) === 0) Object.assign(manifest, structuredClone(random.pick(RARE)))
    for (let n = random.below(4); n > 0; n--) mutate(manifest, random)
    manifest['name'] = NAME
    const tag = random.below(20) ? '1.2.0' : random.pick(['20230131.0.0', 'v1.2', '2024.05.01'])
    if (tag !== '1.2.0') delete manifest['version']
    // as it is sent: a list with a hole in it has null there
    return { manifest: JSON.parse(JSON.stringify(manifest)) as Manifest, tag }
  })
}

/** Walks to a random place, and changes, adds, removes or renames something there. */
function mutate(manifest: Manifest, random: Random): void {
  const { pick, below } = random
  let place: Record<string, unknown> = manifest
  let key = pick(Object.keys(place))
  for (let depth = 0; depth < 4; depth++) {
    const inner = place[key]
    if (typeof inner !== 'object' || inner === null || !Object.keys(inner).length || below(3) === 0) break
    place = inner as Record<string, unknown>
    key = pick(Object.keys(place))
  }
  switch (below(6)) {
    case 0:
      Reflect.deleteProperty(place, key)
      return
    case 1:
      place[pick(KEYS)] = value(random)
      return
    case 2: {
      const moved = place[key]
      Reflect.deleteProperty(place, key)
      place[pick(KEYS)] = moved
      return
    }
    default:
      place[key] = value(random)
  }
}

function value(random: Random): unknown {
  const { pick, below } = random
  switch (below(4)) {
    case 0:
      return randomConstraint(random)
    case 1:
      return pick(PATHS)
    case 2:
      return pick<unknown>([[value(random)], { [pick(KEYS)]: value(random) }, {}, []])
    default:
      return structuredClone(pick(VALUES))
  }
}

const KEYS =
  `a/b acme/widget Acme/Widget acme/core acme/old other/thing magento/framework psr/log-implementation php ext-x
  lib-icu composer-plugin-api foo 0 5 -7 type url reference mirrors shasum psr-4 psr-0 files classmap nope src/ Acme\\
  branch-alias platform dev-main name email homepage role issues security irc exclude extra bin time a/b.json con/x
  x__proto__ ${'9'.repeat(20)} ${'a'.repeat(201)}/b`.split(/\s+/)
const VALUES: unknown[] = [
  null,
  true,
  false,
  0,
  5,
  1.5,
  '',
  ' ',
  '0',
  'nope',
  'MIT',
  'self.version',
  'library',
  'Magento2-Module',
  'two words',
  'RC',
  'rc',
  'Beta',
  '-x',
  ' --upload-pack=x',
  '2026-02-31',
  '2026-01-02T03:04:05+02:00',
  'yesterday',
  '2026-13-01',
  'a\u0007b',
  'a\u2028b',
  'line\nbreak',
  'é',
  '\ud800',
  '1.0 as nonsense-word',
  'dev-this dev-is dev-text',
  `1.${'0'.repeat(70)}`,
  '1 '.repeat(140),
  ['a', 5],
  [['a']],
  { a: 'b' },
  { a: ['b'] },
  { a: 5 },
  { a: null },
  { 'acme/old': '*' },
]
const PATHS = ['../../evil', 'src/../x', '..', 'a..b/c', 'bin\\x', '/bin/x', 'bin/x', './x', '']
