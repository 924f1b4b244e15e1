import { type ChildProcess, execFile, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort, isAlive } from '../../sandbox/engines/process.ts'

/** What `sandbox.json` says. */
export interface Where {
  api: string
  mcp: string
  temporal_ui: string
  stripe: string
  database_url: string
  pid: number
}

export interface Sandbox {
  where: Where
  /** What it printed so far. */
  printed: () => string
  /** `npm run sandbox:connect -- …`: the token. */
  connect: (...options: string[]) => Promise<string>
  /** Ctrl-C in its terminal. Answers its exit code and which of its processes are left. */
  interrupt: () => Promise<{ exitCode: number | null; left: number[] }>
  /** Sends a signal to one of its processes alone. */
  signal: (role: 'api' | 'worker', signal: NodeJS.Signals) => void
  /** Its exit code, once it has ended by itself. */
  ended: Promise<number | null>
}

/** The whole system as `npm start` runs it, with its data in `dir`; with a `port`, where it was before. */
export async function aSandbox(dir: string, port?: string): Promise<Sandbox> {
  const PORT = port ?? String(await freePort())
  const env = { ...process.env, DATA_DIR: dir, PORT, NODE_ENV: 'development' }
  // a process group of its own, as a terminal gives it
  const launcher = spawn(process.execPath, ['sandbox/start.ts'], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [launcher.stdout, launcher.stderr])
    stream.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
    })
  const where = await whenReady(launcher, dir)
  if (!where) throw new Error(`not ready:\n${printed}`)
  const ended = exitOf(launcher)
  return {
    where,
    ended,
    signal: (role, signal) => process.kill(processOf(launcher.pid ?? 0, `src/bin/${role}.ts`), signal),
    printed: () => printed,
    async connect(...options) {
      const run = await promisify(execFile)(process.execPath, ['sandbox/connect.ts', ...options], { env })
      return run.stdout.trim()
    },
    async interrupt() {
      const all = [...processesBelow(launcher.pid ?? 0), ...enginesOf(dir)]
      process.kill(-(launcher.pid ?? 0), 'SIGINT')
      const exitCode = await ended
      return { exitCode, left: all.filter(isAlive) }
    },
  }
}

/** Nothing when it has ended, or is not ready after 45 s. */
async function whenReady(launcher: ChildProcess, dir: string): Promise<Where | undefined> {
  for (const end = Date.now() + 45_000; launcher.exitCode === null && Date.now() < end; await sleep(50)) {
    const told = whereIn(dir)
    if (told?.pid === launcher.pid) return told
  }
  return undefined
}

function whereIn(dir: string): Where | undefined {
  const file = path.join(dir, 'sandbox.json')
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as Where) : undefined
}

const exitOf = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))

function processesBelow(parent: number): number[] {
  const parentOf = (pid: string) => {
    try {
      return Number(fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1])
    } catch {
      return undefined
    }
  }
  const children = fs.readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && parentOf(pid) === parent)
  return children.flatMap((pid) => [Number(pid), ...processesBelow(Number(pid))])
}

function processOf(parent: number, program: string): number {
  const found = processesBelow(parent).find((pid) => commandOf(pid).includes(program))
  if (!found) throw new Error(`${program} does not run`)
  return found
}

/** Empty for one that has ended meanwhile, as a database's processes do all the time. */
function commandOf(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** They are in groups of their own, so that a Ctrl-C reaches them only through the launcher. */
function enginesOf(dir: string): number[] {
  const { pid } = JSON.parse(fs.readFileSync(path.join(dir, 'temporal.json'), 'utf8')) as { pid: number }
  const postmaster = fs
    .readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .find((file) => file.endsWith('postmaster.pid'))
  if (!postmaster) throw new Error(`no Postgres runs in ${dir}`)
  return [pid, Number(fs.readFileSync(path.join(dir, postmaster), 'utf8').split('\n')[0])]
}
