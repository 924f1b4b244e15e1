import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

/** Runs `npm test` of a checkout whose checks and tests are these programs. */
function npmTest(programs: { check: string; vitest: string }, ...options: string[]) {
  const checkout = fs.mkdtempSync(path.join(os.tmpdir(), 'npm test '))
  onTestFinished(() => fs.rmSync(checkout, { recursive: true }))
  for (const folder of ['scripts', 'node_modules/vitest'])
    fs.mkdirSync(path.join(checkout, folder), { recursive: true })
  fs.copyFileSync('scripts/test.ts', path.join(checkout, 'scripts/test.ts'))
  fs.writeFileSync(path.join(checkout, 'scripts/check.ts'), programs.check)
  fs.writeFileSync(path.join(checkout, 'node_modules/vitest/vitest.mjs'), programs.vitest)
  const { status, stdout } = spawnSync(process.execPath, ['scripts/test.ts', ...options], {
    cwd: checkout,
    encoding: 'utf8',
  })
  return { status, stdout }
}

const PASSES = `console.log(process.argv.slice(2).join(' '))`
const FAILS = 'process.exitCode = 1'
/** Tests that end when they are interrupted, and never by themselves. */
const UNTIL_INTERRUPTED = `setInterval(() => {}, 1000); process.on('SIGINT', () => process.exit(0))`

test('npm test runs the checks beside the tests, to which it passes its options', () => {
  expect(npmTest({ check: '', vitest: PASSES }, 'test/domain')).toEqual({
    status: 0,
    stdout: 'run --exclude test/{clients,faults,system}/** test/domain\n',
  })
})

test('npm test fails when a test fails', () => {
  expect(npmTest({ check: '', vitest: FAILS }).status).toBe(1)
})

test('npm test fails when a check fails, and ends the tests then', { timeout: 20_000 }, () => {
  expect(npmTest({ check: FAILS, vitest: UNTIL_INTERRUPTED }).status).toBe(1)
})

test('CI runs each test folder: what npm test leaves out is what npm run test:system runs', () => {
  const { stdout } = npmTest({ check: '', vitest: PASSES })
  const [, excluded = ''] = /^run --exclude test\/\{([a-z,]+)\}\/\*\*\n$/.exec(stdout) ?? []
  const { scripts } = JSON.parse(fs.readFileSync('package.json', 'utf8')) as {
    scripts: Record<string, string>
  }
  const [, folders = ''] = /vitest\.mjs run ([a-z/ ]+)$/.exec(scripts['test:system'] ?? '') ?? []
  const ofTheSystem = folders.split(' ').map((folder) => /^test\/([a-z]+)\/$/.exec(folder)?.[1])

  expect(ofTheSystem).toEqual(excluded.split(','))
  for (const folder of excluded.split(','))
    expect(
      fs.readdirSync(`test/${folder}`, { recursive: true }).some((file) => String(file).endsWith('.test.ts')),
    ).toBe(true)
  const commands = fs.readFileSync('.ci/run', 'utf8').split('\n')
  expect(commands).toEqual(expect.arrayContaining(['npm test', 'npm run test:system']))
})
