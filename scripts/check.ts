// npm run check: runs all scripts `check:…` of package.json at the same time. Exits 1 when one fails.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { text } from 'node:stream/consumers'

/** For the checks that are written in Go: they end soon, so they collect no garbage until they need much memory. */
const ONCE = { GOGC: 'off', GOMEMLIMIT: '2500MiB' }

const { scripts } = JSON.parse(fs.readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
const checks = Object.entries(scripts).filter(([name]) => name.startsWith('check:'))
const passed = await Promise.all(checks.map(passes))
if (passed.includes(false)) process.exitCode = 1

/** Prints the output of a check in one piece, and only when it fails. */
async function passes([name, command]: [string, string]): Promise<boolean> {
  // relative, because a PATH cannot name a checkout with a colon
  const env = { ...ONCE, ...process.env, PATH: `node_modules/.bin:${process.env.PATH ?? ''}` }
  const check = spawn(command, { shell: true, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, [code]] = await Promise.all([
    text(check.stdout),
    text(check.stderr),
    once(check, 'close'),
  ])
  if (code !== 0) console.error(`npm run ${name} failed:\n${stdout}${stderr}`)
  return code === 0
}
