import { type ChildProcess, execFile, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { GitHostKind } from '#kernel/git-host'
import { freePort, isAlive } from '../../sandbox/engines/process.ts'

/** The content of `sandbox.json`. */
export interface Where {
  api: string
  mcp: string
  temporal: string
  temporal_ui: string
  stripe: string
  git_hosts: Record<GitHostKind, string>
  mail: string
  database_url: string
  /** For `/_sim` of the stand-ins. */
  sim_key: string
  pid: number
}

export interface Sandbox {
  where: Where
  /** Everything that it has printed so far. */
  printed: () => string
  /** Runs `npm run sandbox:connect -- …`; returns the token. */
  connect: (...options: string[]) => Promise<string>
  /** Presses Ctrl-C in its terminal; returns its exit code and the processes that are left. */
  interrupt: () => Promise<{ exitCode: number | null; left: number[] }>
  /** Sends a signal to only one of its processes. */
  signal: (part: keyof Parts, signal: NodeJS.Signals) => void
  /** The process ids of its parts. */
  parts: () => Parts
  /** Its exit code, once it has ended. */
  ended: Promise<number | null>
}

export interface Parts {
  /** The started command: npm, or the launcher itself. */
  command: number
  launcher: number
  api: number
  worker: number
  ingest: number
  Postgres: number
  Temporal: number
}

/** The whole system as `npm start` runs it, with its data in `dir`; `port` is the port of an earlier start. */
export async function aSandbox(
  dir: string,
  port?: string,
  line = [process.execPath, 'sandbox/start.ts'],
): Promise<Sandbox> {
  const PORT = port ?? String(await freePort())
  const env = { ...process.env, DATA_DIR: dir, PORT, NODE_ENV: 'development' }
  // a process group of its own, as a terminal gives it
  const [program = '', ...options] = line
  const started = spawn(program, options, {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const command = started.pid ?? 0
  let printed = ''
  for (const stream of [started.stdout, started.stderr])
    stream.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
    })
  const where = await whenReady(started, dir)
  if (!where) throw new Error(`not ready:\n${printed}`)
  const ended = exitOf(started)
  const parts = () => ({
    command,
    launcher: where.pid,
    api: processOf(where.pid, 'src/bin/api.ts'),
    worker: processOf(where.pid, 'src/bin/worker.ts', 'WORKER_QUEUES=payments'),
    ingest: processOf(where.pid, 'src/bin/worker.ts', 'WORKER_QUEUES=git-ingest'),
    ...enginesOf(dir),
  })
  return {
    where,
    ended,
    parts,
    signal: (part, signal) => process.kill(parts()[part], signal),
    printed: () => printed,
    async connect(...options) {
      const run = await promisify(execFile)(process.execPath, ['sandbox/connect.ts', ...options], { env })
      return run.stdout.trim()
    },
    async interrupt() {
      const all = [...processesBelow(command), ...Object.values(enginesOf(dir))]
      process.kill(-command, 'SIGINT')
      const exitCode = await ended
      return { exitCode, left: all.filter(isAlive) }
    },
  }
}

/** Returns undefined when it has ended or is not ready after 45 s. */
async function whenReady(started: ChildProcess, dir: string): Promise<Where | undefined> {
  const command = started.pid ?? 0
  for (const end = Date.now() + 45_000; started.exitCode === null && Date.now() < end; await sleep(50)) {
    const where = whereIn(dir)
    if (where && [command, ...processesBelow(command)].includes(where.pid)) return where
  }
  return undefined
}

function whereIn(dir: string): Where | undefined {
  const file = path.join(dir, 'sandbox.json')
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as Where) : undefined
}

const exitOf = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))

/** All descendants of a process. */
export function processesBelow(parent: number): number[] {
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

function processOf(parent: number, program: string, setting = ''): number {
  const environmentOf = (pid: number) => fs.readFileSync(`/proc/${pid}/environ`, 'utf8')
  const found = processesBelow(parent).find(
    (pid) => commandOf(pid).includes(program) && environmentOf(pid).includes(setting),
  )
  if (!found) throw new Error(`${program} does not run`)
  return found
}

/** Returns an empty text for a process that has ended meanwhile, as processes of a database often do. */
export function commandOf(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** The engines have process groups of their own, so that Ctrl-C reaches them only through the launcher. */
function enginesOf(dir: string): { Postgres: number; Temporal: number } {
  const Temporal = JSON.parse(fs.readFileSync(path.join(dir, 'temporal.json'), 'utf8')).pid as number
  const postmaster = fs
    .readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .find((file) => file.endsWith('postmaster.pid'))
  if (!postmaster) throw new Error(`no Postgres runs in ${dir}`)
  return { Postgres: Number(fs.readFileSync(path.join(dir, postmaster), 'utf8').split('\n')[0]), Temporal }
}
