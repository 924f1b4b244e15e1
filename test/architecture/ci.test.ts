import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

/** What `.ci/run` tells on a machine with these extensions of PHP, where nothing is really installed or tested. */
function told(extensions: readonly string[]): string {
  const bin = fs.mkdtempSync(path.join(os.tmpdir(), 'ci-'))
  onTestFinished(() => fs.rmSync(bin, { recursive: true }))
  const programs = {
    git: '',
    composer: '',
    unzip: '',
    php: `printf '%s\\n' '[PHP Modules]' Core ${extensions.join(' ')}`,
    id: 'echo 0',
    'apt-get': 'echo "apt-get $*" >&2',
    npm: 'echo "npm $*"',
  }
  for (const [name, does] of Object.entries(programs))
    fs.writeFileSync(path.join(bin, name), `#!/bin/sh\n${does}\n`, { mode: 0o755 })
  const env = { PATH: `${bin}:${process.env['PATH']}` }
  return execFileSync('bash', ['.ci/run'], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}

test('the CI installs nothing where all is there', () => {
  expect(told(['curl', 'zip'])).toBe('npm test\n')
})

test.for([
  [['zip'], 'php-curl'],
  [['curl'], 'php-zip'],
  [['curlew', 'bzip'], 'php-curl php-zip'],
] as const)('the CI misses what PHP lacks with %j: %s', ([extensions, missing]) => {
  expect(told(extensions)).toBe(`Installing what is missing: ${missing}\nnpm test\n`)
})
