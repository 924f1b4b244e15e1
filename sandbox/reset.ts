// npm run sandbox:reset [-- --yes]: empties DATA_DIR, so that the next npm start begins with empty data
import fs from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline/promises'
import { isOurs } from './engines/process.ts'
import { launcherIn } from './lock.ts'
import { Refused, sentenceOf } from './refused.ts'
import { read } from './remembered.ts'
import { data } from './settings.ts'

/** Downloads and build results. They do not depend on the data. */
const CACHES = ['bin', 'stripe-schemas']
/** The folder of a sandbox has at least one of these. */
const MARKS = ['postgres', 'secrets-key', 'sandbox.lock']

try {
  await reset()
} catch (e) {
  console.error(sentenceOf(e) ?? e)
  process.exitCode = 1
}

async function reset(): Promise<void> {
  const hasYes = hasYesArgument()
  const found = fs.existsSync(data) ? fs.readdirSync(data).filter((name) => !CACHES.includes(name)) : []
  if (!found.length) return console.log(`Nothing to remove in ${data}.`)
  if (!found.some((name) => MARKS.includes(name)))
    throw new Refused(`${data} does not look like the folder of a sandbox; nothing was removed.`)
  const elsewhere = postgresElsewhere()
  refuseWhileItRuns(elsewhere)
  if (!hasYes && !(await isConfirmed())) throw new Refused('Nothing was removed.')
  if (elsewhere) fs.rmSync(elsewhere, { recursive: true })
  for (const name of found) fs.rmSync(path.join(data, name), { recursive: true, force: true })
  console.log(
    `Removed: ${[...found, ...(elsewhere ? [elsewhere] : [])].join(', ')}. The next npm start begins with empty data.`,
  )
}

/** Returns the folder where root had to put the database. We made it, and it holds only a cluster. */
function postgresElsewhere(): string | undefined {
  const pointer = path.join(data, 'postgres', 'elsewhere')
  const home = fs.existsSync(pointer) ? fs.readFileSync(pointer, 'utf8').trim() : ''
  return path.isAbsolute(home) && fs.existsSync(path.join(home, 'pgdata')) ? home : undefined
}

/**
 * Refuses while the launcher runs, or engines that a killed launcher left. The Stripe stand-in runs inside the launcher.
 */
function refuseWhileItRuns(elsewhere: string | undefined): void {
  if (launcherIn(data)) throw new Refused(`npm start runs in ${data}: stop it first, with Ctrl-C.`)
  const cluster = path.join(elsewhere ?? path.join(data, 'postgres'), 'pgdata')
  const left = [
    isOurs(postmasterOf(cluster), cluster) && 'Postgres',
    isOurs(read<{ pid: number }>(path.join(data, 'temporal.json'))?.pid ?? 0, 'temporal') && 'Temporal',
  ].filter(Boolean)
  if (left.length)
    throw new Refused(
      `${left.join(' and ')}, left by a launcher that was killed, still runs in ${data}: npm start and Ctrl-C stop it.`,
    )
}

function postmasterOf(cluster: string): number {
  const file = path.join(cluster, 'postmaster.pid')
  return fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8').split('\n')[0]) : 0
}

function hasYesArgument(): boolean {
  const [word, ...more] = process.argv.slice(2)
  if (more.length || (word !== undefined && word !== '--yes'))
    throw new Refused('usage: npm run sandbox:reset [-- --yes]')
  return word === '--yes'
}

async function isConfirmed(): Promise<boolean> {
  if (!process.stdin.isTTY) throw new Refused('There is no terminal to ask; --yes removes without asking.')
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question(`Remove all data in ${data}? (yes/no) `)
  terminal.close()
  return answer.trim().toLowerCase() === 'yes'
}
