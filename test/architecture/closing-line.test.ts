import { execFile } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { optionalOutsideCi } from '../support/optional-outside-ci.ts'

const root = path.resolve('.')

/** A run of its own over these files: its last line and its exit code. */
function run(files: Record<string, string>): Promise<[last: string | undefined, code: number]> {
  fs.mkdirSync('.data', { recursive: true })
  const folder = fs.mkdtempSync(path.join(root, '.data/run-')) // where vitest is found
  onTestFinished(() => fs.rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text)
  const options = ['run', '--root', folder, '--config', path.join(folder, 'vitest.config.ts')]
  return new Promise((resolve) => {
    execFile('node_modules/.bin/vitest', options, (error, stdout) =>
      resolve([stdout.trim().split('\n').at(-1), error ? Number(error.code) : 0]),
    )
  })
}

const config = (more = '') => ({
  'vitest.config.ts': `export default { test: { pool: 'forks', reporters: ['${root}/test/support/closing-line.ts'], ${more} } }`,
})
const FINE = `import { test } from 'vitest'\ntest('a', () => {})\ntest.skip('b', () => {})\n`

test('the last line of a run counts what passed and what was skipped', async () => {
  expect(await run({ ...config(), 'fine.test.ts': FINE })).toEqual(['1 passed, 0 failed, 1 skipped', 0])
})

test('it counts a file that does not load as failed', async () => {
  const typo = 'const = 3'
  const files = { ...config(), 'fine.test.ts': FINE, 'typo.test.ts': typo, 'another.test.ts': typo }

  expect(await run(files)).toEqual(['1 passed, 2 failed, 1 skipped', 1])
})

test('it counts a set-up that throws as failed', async () => {
  const files = {
    ...config(`globalSetup: './set-up.ts'`),
    'set-up.ts': `export default () => { throw new Error('no database') }`,
    'fine.test.ts': FINE,
  }

  expect(await run(files)).toEqual(['0 passed, 1 failed', 1])
})

test('a program that is missing is told and done without, but not in CI', async () => {
  const missing = () => Promise.reject(new Error('no browser'))
  const said: string[] = []

  expect(await optionalOutsideCi(missing(), { isCi: false, say: (line) => said.push(line) })).toBeUndefined()
  expect(said).toEqual(['  no browser'])
  await expect(optionalOutsideCi(missing(), { isCi: true, say: (line) => said.push(line) })).rejects.toThrow(
    'no browser',
  )
})
