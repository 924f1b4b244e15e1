import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { COMPOSERS } from './composer.ts'
import { programOf } from './peer.ts'

const TESTS = ['test/clients/composer.test.ts', 'test/clients/composer-changes.test.ts']
const LONG = 300_000

for (const peer of COMPOSERS) {
  const program = await programOf(peer)

  describe.skipIf(!program)(`Composer ${peer.version}`, { timeout: LONG }, () => {
    test('the tests with the Composer of this machine also pass with this one', async () => {
      const env = { ...process.env, PATH: `${path.join(program ?? '', 'bin')}:${process.env.PATH ?? ''}` }
      const run = promisify(execFile)(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...TESTS], {
        env,
      })
      const { stdout } = await run.catch((error: { stdout: string }) => error)
      expect(stdout).toContain(`Composer ${peer.version}`)
      expect(stdout).toMatch(/\d+ passed, 0 failed/)
    })
  })
}
