// npm test: the checks of `npm run check` beside the tests, because the tests often wait. A failed check ends the tests.
// The tests of faults and of the whole system are `npm run test:system` (docs/decisions/0063).
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

const node = (...options: string[]) => spawn(process.execPath, options, { stdio: 'inherit' })
const OF_THE_SYSTEM = 'test/{clients,faults,system}/**'
const given = process.argv.slice(2)
const tests = node('node_modules/vitest/vitest.mjs', 'run', '--exclude', OF_THE_SYSTEM, ...given)
const checks = node('scripts/check.ts')
// Ctrl-C reaches both without this
process.on('SIGINT', () => {})
process.on('SIGTERM', () => [tests, checks].forEach((each) => each.kill()))

const checked = passes(checks).then((isPassed) => {
  if (!isPassed) tests.kill('SIGINT')
  return isPassed
})
const passed = await Promise.all([passes(tests), checked])
if (passed.includes(false)) process.exitCode = 1

async function passes(child: ChildProcess): Promise<boolean> {
  const [code] = await once(child, 'exit')
  return code === 0
}
