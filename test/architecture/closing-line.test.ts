import { execFile } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { optionalOutsideCi } from '../support/optional-outside-ci.ts'

/** Runs vitest on these files. Returns the last line of its output and its exit code. */
function run(files: Record<string, string>): Promise<[last: string | undefined, code: number]> {
  // not in our own folder: vitest loads no configuration below a path with a `#`
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'closing-line-'))
  onTestFinished(() => fs.rmSync(folder, { recursive: true }))
  fs.symlinkSync(path.resolve('node_modules'), path.join(folder, 'node_modules'))
  fs.copyFileSync('test/support/closing-line.ts', path.join(folder, 'closing-line.ts'))
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text)
  const vitest = 'node_modules/vitest/vitest.mjs'
  const options = [vitest, 'run', '--root', folder, '--config', path.join(folder, 'vitest.config.ts')]
  return new Promise((resolve) => {
    execFile(process.execPath, options, (error, stdout) =>
      resolve([stdout.trim().split('\n').at(-1), error ? Number(error.code) : 0]),
    )
  })
}

const config = (more = '') => ({
  'vitest.config.ts': `export default { test: { pool: 'forks', experimental: { viteModuleRunner: false }, reporters: ['./closing-line.ts'], ${more} } }`,
})
const FINE = `import { test } from 'vitest'\ntest('a', () => {})\ntest('b', ({ skip }) => skip())\n`

test('the last line of a run counts what passed and what was skipped', async () => {
  expect(await run({ ...config(), 'fine.test.ts': FINE })).toEqual(['1 passed, 0 failed, 1 skipped', 0])
})

test('the last line of a run counts a file that does not load as failed', async () => {
  const typo = 'const = 3'
  const files = { ...config(), 'fine.test.ts': FINE, 'typo.test.ts': typo, 'another.test.ts': typo }

  expect(await run(files)).toEqual(['1 passed, 2 failed, 1 skipped', 1])
})

test('the last line of a run counts a set-up that throws as failed', async () => {
  const files = {
    ...config(`globalSetup: './set-up.ts'`),
    'set-up.ts': `export default () => { throw new Error('no database') }`,
    'fine.test.ts': FINE,
  }

  expect(await run(files)).toEqual(['0 passed, 1 failed', 1])
})

test('a missing program is reported and skipped on a developer machine, but fails a run in CI', async () => {
  const missing = () => Promise.reject(new Error('no browser'))
  const output: string[] = []

  expect(
    await optionalOutsideCi(missing(), { isCi: false, say: (line) => output.push(line) }),
  ).toBeUndefined()
  expect(output).toEqual(['  no browser'])
  await expect(
    optionalOutsideCi(missing(), { isCi: true, say: (line) => output.push(line) }),
  ).rejects.toThrow('no browser')
})
