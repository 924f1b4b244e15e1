import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

/** The output of `.ci/run` on a machine with these PHP extensions. Every program that it calls is a fake. */
function outputWith(extensions: readonly string[]): string {
  const bin = fs.mkdtempSync(path.join(os.tmpdir(), 'ci-'))
  onTestFinished(() => fs.rmSync(bin, { recursive: true }))
  const programs = {
    git: '',
    composer: '',
    unzip: '',
    'docker-compose': '',
    php: `printf '%s\\n' '[PHP Modules]' Core ${extensions.join(' ')}`,
    id: 'echo 0',
    'apt-get': 'echo "apt-get $*" >&2',
    npm: 'echo "npm $*"',
  }
  for (const [name, script] of Object.entries(programs))
    fs.writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  const env = { PATH: `${bin}:${process.env['PATH']}` }
  return execFileSync('bash', ['.ci/run'], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}

const TESTS = 'npm test\nnpm run test:system\n'

test('the CI script installs nothing when nothing is missing', () => {
  expect(outputWith(['curl', 'zip'])).toBe(TESTS)
})

test.for([
  [['zip'], 'php-curl'],
  [['curl'], 'php-zip'],
  [['curlew', 'bzip'], 'php-curl php-zip'],
] as const)('when PHP has only the extensions %j, the CI script installs %s', ([extensions, missing]) => {
  expect(outputWith(extensions)).toBe(`Installing what is missing: ${missing}\n${TESTS}`)
})
