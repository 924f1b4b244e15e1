// npm test: the checks of `npm run check` beside all tests, because the tests often wait. A failed check ends the tests.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

const node = (...options: string[]) => spawn(process.execPath, options, { stdio: 'inherit' })
const tests = node('node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2))
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
