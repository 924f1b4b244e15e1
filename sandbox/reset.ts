// npm run sandbox:reset [-- --yes]: empties DATA_DIR, so that the next npm start begins anew
import fs from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline/promises'
import { isOurs } from './engines/process.ts'

const root = path.resolve(import.meta.dirname, '..')
if (fs.existsSync(path.join(root, '.env'))) process.loadEnvFile(path.join(root, '.env'))
const data = path.resolve(root, process.env.DATA_DIR || '.data')

/** What was fetched or made from the sources; it depends on no data. */
const CACHES = ['bin', 'stripe-schemas']
/** A folder with none of these was never a sandbox's. */
const MARKS = ['postgres', 'secrets-key', 'sandbox.lock']

class Refused extends Error {}

try {
  await reset()
} catch (e) {
  console.error(e instanceof Refused ? e.message : e)
  process.exitCode = 1
}

async function reset(): Promise<void> {
  const found = fs.existsSync(data) ? fs.readdirSync(data).filter((name) => !CACHES.includes(name)) : []
  if (!found.length) return console.log(`Nothing to remove in ${data}.`)
  if (!found.some((name) => MARKS.includes(name)))
    throw new Refused(`${data} does not look like the folder of a sandbox; nothing was removed.`)
  const elsewhere = postgresElsewhere()
  refuseWhileItRuns(elsewhere)
  if (!(await agreed())) throw new Refused('Nothing was removed.')
  if (elsewhere) fs.rmSync(elsewhere, { recursive: true })
  for (const name of found) fs.rmSync(path.join(data, name), { recursive: true, force: true })
  console.log(`Removed: ${[...found, ...(elsewhere ? [elsewhere] : [])].join(', ')}. npm start begins anew.`)
}

/** Where root had to put the database: a folder of ours, which only holds a cluster. */
function postgresElsewhere(): string | undefined {
  const signpost = path.join(data, 'postgres', 'elsewhere')
  const home = fs.existsSync(signpost) ? fs.readFileSync(signpost, 'utf8').trim() : ''
  return path.isAbsolute(home) && fs.existsSync(path.join(home, 'pgdata')) ? home : undefined
}

/** The launcher, or engines that a killed one has left; the stand-in for Stripe lives in the launcher. */
function refuseWhileItRuns(elsewhere: string | undefined): void {
  const cluster = path.join(elsewhere ?? path.join(data, 'postgres'), 'pgdata')
  const running = [
    isOurs(Number(textOf('sandbox.lock')), 'sandbox/start.ts') && 'npm start',
    isOurs(Number(textOf(path.join(cluster, 'postmaster.pid')).split('\n')[0]), cluster) && 'Postgres',
    isOurs((JSON.parse(textOf('temporal.json') || '{}') as { pid?: number }).pid ?? 0, 'temporal') &&
      'Temporal',
  ].filter(Boolean)
  if (running.length)
    throw new Refused(
      `${running.join(' and ')} runs in ${data}. Stop it first; what was left behind stops with the next npm start.`,
    )
}

function textOf(file: string): string {
  const full = path.resolve(data, file)
  return fs.existsSync(full) ? fs.readFileSync(full, 'utf8') : ''
}

async function agreed(): Promise<boolean> {
  if (process.argv.includes('--yes')) return true
  if (!process.stdin.isTTY) throw new Refused('Nobody is there to ask; --yes removes without asking.')
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question(`Remove all data in ${data}? (yes/no) `)
  terminal.close()
  return answer.trim().toLowerCase() === 'yes'
}
