import { describe, expect, test } from 'vitest'
import { checkVersion, type Inspected, phpSyntaxCheck } from '#domain/publishing'

const MODULE = {
  name: 'acme/module',
  type: 'magento2-module',
  description: 'A module',
  license: 'proprietary',
  require: { php: '>=8.2' },
  autoload: { files: ['registration.php'], 'psr-4': { 'Acme\\Module\\': '' } },
}
const FILES = {
  'registration.php': `<?php\nComponentRegistrar::register(ComponentRegistrar::MODULE, 'Acme_Module', __DIR__);\n`,
  'etc/module.xml': '<?xml version="1.0"?>\n<config><module name="Acme_Module"/></config>\n',
  'Model/A.php': '<?php\nclass A { public function exec() { $this->exec(); curl_exec(1); } }\n',
}

interface Changed {
  manifest?: object
  files?: Record<string, string | undefined>
  links?: string[]
  zipBytes?: number
}

function inspected({ manifest = {}, files = {}, links = [], zipBytes = 1000 }: Changed): Inspected {
  const all = Object.entries({ ...FILES, ...files }).filter(([, text]) => text !== undefined)
  return {
    manifest: { ...MODULE, ...manifest },
    files: all.map(([path, text]) => ({ path, bytes: Buffer.from(text ?? '') })),
    links,
    zipBytes,
  }
}
const resultOf = (name: string, changed: Changed = {}) => {
  const { status, message } = checkVersion(inspected(changed)).find((check) => check.name === name) ?? {}
  return `${status}: ${message}`
}

describe('the checks of a version', () => {
  test('a good module passes every check', () => {
    expect(checkVersion(inspected({})).map(({ name, status }) => `${name} ${status}`)).toEqual([
      'manifest pass',
      'autoload pass',
      'module pass',
      'archive pass',
      'secrets pass',
      'security pass',
      'tag_integrity pass',
    ])
  })

  test.for([
    [
      'manifest',
      { manifest: { description: undefined, license: [] } },
      'warn: It has no description and no license.',
    ],
    ['manifest', { manifest: { version: '1.0.0' } }, 'warn: It has a version, which the tag already gives.'],
    ['manifest', { manifest: { require: {} } }, 'warn: It does not say which PHP it requires.'],
    [
      'manifest',
      { manifest: { require: { php: '*' } } },
      'warn: It accepts any version of 1 of its requirements.',
    ],
    [
      'autoload',
      { manifest: { autoload: { 'psr-4': { 'A\\': 'src/' } } } },
      'fail: The paths of autoload are not in the zip: src/.',
    ],
    [
      'autoload',
      { manifest: { autoload: { 'psr-4': { 'A\\': ['Model/', 'lib'] } } } },
      'fail: The paths of autoload are not in the zip: lib.',
    ],
    [
      'autoload',
      { manifest: { autoload: { classmap: ['Mod*/'] } } },
      'fail: The paths of autoload are not in the zip: Mod*/.',
    ],
    [
      'autoload',
      { manifest: { autoload: 'nope' } },
      'warn: The composer.json does not say how to load its classes.',
    ],
    ['autoload', { manifest: { type: 'metapackage' } }, 'skipped: A metapackage has no files.'],
    ['module', { manifest: { type: 'library' } }, 'skipped: It is not a Magento module.'],
    [
      'module',
      { manifest: { autoload: {} } },
      'fail: autoload does not list the registration.php under files.',
    ],
    ['module', { files: { 'etc/module.xml': undefined } }, 'fail: It has no etc/module.xml.'],
    ['module', { files: { 'registration.php': '<?php' } }, 'fail: registration.php registers no module.'],
    ['module', { files: { 'etc/module.xml': '<config/>' } }, 'fail: etc/module.xml names no module.'],
    [
      'module',
      { files: { 'etc/module.xml': '<module name="Acme_Other"/>' } },
      'fail: It registers Acme_Module, but etc/module.xml names Acme_Other.',
    ],
    ['archive', { links: ['a', 'b'] }, 'warn: Links were left out: a, b.'],
    ['archive', { files: { '.gitmodules': '' } }, 'warn: Its submodules were left out.'],
    [
      'archive',
      { files: { 'a.png': 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n' } },
      'fail: In place of files from Git LFS it has pointers: a.png.',
    ],
    ['archive', { zipBytes: 50 * 2 ** 20 }, 'warn: The zip has 50 MiB.'],
    [
      'secrets',
      { files: { 'key.pem': `-----BEGIN RSA PRIVATE KEY-----\n${'A'.repeat(64)}\n` } },
      'fail: It ships private keys: key.pem.',
    ],
    [
      'secrets',
      { files: { 'a.php': `$t = 'ghp_${'a1'.repeat(18)}'` } },
      'fail: It ships access tokens: a.php.',
    ],
    ['secrets', { files: { 'a.php': `AKIA${'A'.repeat(16)}` } }, 'fail: It ships access tokens: a.php.'],
    [
      'secrets',
      { files: { '.env': 'A=1', 'conf/auth.json': '{}', '.env.example': '' } },
      'warn: It ships files that hold secrets: .env, conf/auth.json.',
    ],
    [
      'secrets',
      { files: { 'test.php': "'-----BEGIN PRIVATE KEY-----'" } },
      'pass: No private keys or access tokens of known forms were found.',
    ],
    [
      'security',
      { manifest: { type: 'composer-plugin' } },
      'warn: It is a plugin: its code runs while Composer installs it.',
    ],
    [
      'security',
      { files: { 'a.phtml': '<?php eval($x);' } },
      'warn: It makes code from text (eval): a.phtml.',
    ],
    ['security', { files: { 'a.php': '<?php SHELL_EXEC ("ls");' } }, 'warn: It starts programs: a.php.'],
  ] satisfies [string, Changed, string][])(
    'the check %s of a version with %j says "%s"',
    ([name, changed, expected]) => {
      expect(resultOf(name, changed)).toBe(expected)
    },
  )

  test('a long list of paths is cut', () => {
    const links = Array.from({ length: 1000 }, (_, i) => `${'x'.repeat(900)}${i}`)

    expect(resultOf('archive', { links })).toMatch(/ and 995 more\.$/)
    expect(resultOf('archive', { links }).length).toBeLessThan(500)
  })
})

describe('the check of the syntax', () => {
  test.for([
    [undefined, '>=8.2', 'skipped: PHP is not installed where versions are checked.'],
    [[], '>=8.2', 'pass: PHP 8.2 can parse every file.'],
    [[{ path: 'a.php', line: 3 }], '>=8.2', 'fail: PHP 8.2 cannot parse: a.php:3.'],
    [[{ path: 'a.php' }], '~7.4.0||~8.1.0', 'fail: PHP 8.2 cannot parse: a.php.'],
    [[{ path: 'a.php', line: 3 }], '^8.4', 'skipped: It requires a newer PHP than the 8.2 that checks here.'],
  ] as const)('with the faults %j and PHP %s it says "%s"', ([faults, php, expected]) => {
    const check = phpSyntaxCheck({ require: { php } }, faults && { version: '8.2', faults })

    expect(`${check.status}: ${check.message}`).toBe(expected)
  })
})
