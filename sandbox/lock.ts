import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cannotListen } from '../src/platform/config.ts'
import { isOurs } from './engines/process.ts'
import type { Life } from './life.ts'
import { Refused } from './refused.ts'
import { read, write } from './remembered.ts'
import { root } from './settings.ts'

export interface Where {
  api: string
  mcp: string
  database_url: string
  pid: number
}

const whereFile = (data: string) => path.join(data, 'sandbox.json')
const lockFile = (data: string) => path.join(data, 'sandbox.lock')

/** Returns the pid of the launcher that runs in a folder. The pid in the file may belong to another program by now. */
export function launcherIn(data: string): number | undefined {
  const pid = lockedBy(data)
  return pid && isOurs(pid, 'sandbox/start.ts') ? pid : undefined
}

/** Returns the addresses of everything, once all of it is ready. */
export function whereItRuns(data: string): Where | undefined {
  const where = launcherIn(data) && read<Where>(whereFile(data))
  return where && where.api && where.mcp && where.database_url ? (where as Where) : undefined
}

function lockedBy(data: string): number | undefined {
  return fs.existsSync(lockFile(data)) ? Number(fs.readFileSync(lockFile(data), 'utf8')) : undefined
}

/**
 * Refuses a second launcher, because it would adopt the engines of the first one and stop them. Returns true when the
 * previous launcher in this folder ended in order.
 */
export function lock(life: Life, data: string): boolean {
  makeFolder(data)
  const wasOrderly = take(data)
  if (!wasOrderly) {
    refuseRunning(data)
    fs.rmSync(lockFile(data)) // left by a launcher that was killed
    if (!take(data)) refuseRunning(data)
  }
  fs.rmSync(whereFile(data), { force: true })
  life.onStop(async () => fs.rmSync(lockFile(data), { force: true }))
  return wasOrderly
}

/** Returns false when the lock file exists. In that case its launcher runs, or was killed. */
function take(data: string): boolean {
  try {
    fs.writeFileSync(lockFile(data), String(process.pid), { flag: 'wx' })
    return true
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== 'EEXIST') throw e
    return false
  }
}

function refuseRunning(data: string): void {
  if ([undefined, process.pid].includes(launcherIn(data))) return // a killed launcher may have had our pid
  const state = read<Where>(whereFile(data))?.api ?? 'it is starting'
  throw new Refused(
    `npm start is already running in ${data} (${state}): use that, stop it with Ctrl-C, or set DATA_DIR and PORT for a second one.`,
  )
}

function makeFolder(data: string): void {
  try {
    const isNew = !fs.existsSync(data)
    makeEach(data)
    if (isNew || data === path.join(root, '.data')) keepPrivate(data)
    fs.accessSync(data, fs.constants.W_OK)
  } catch (e) {
    const { code = '' } = e as NodeJS.ErrnoException
    if (code === 'ENOSPC') throw e
    const why = ['EEXIST', 'ENOTDIR'].includes(code)
      ? 'is not a folder: remove it'
      : `cannot be written (${code}): change its owner`
    throw new Refused(`DATA_DIR ${data} ${why}, or set another one.`)
  }
}

/** Other users of the machine may not read it. Root's Postgres runs as another user, who has to pass through. */
function keepPrivate(data: string): void {
  fs.chmodSync(data, process.getuid?.() === 0 ? 0o711 : 0o700)
}

/** Makes one folder after the other. The option `recursive` of Node never returns below /proc, where it must fail. */
function makeEach(folder: string): void {
  if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
  makeEach(path.dirname(folder))
  fs.mkdirSync(folder)
}

/** Writes the file with all addresses, once everything is ready. */
export function writeWhere(life: Life, data: string, where: Omit<Where, 'pid'>): void {
  write(whereFile(data), JSON.stringify({ ready: true, ...where, pid: process.pid }, null, 2), 0o600)
  life.onStop(async () => fs.rmSync(whereFile(data), { force: true }))
}

/** Waits up to `patienceMs` for the port, because an api whose launcher was killed first finishes its calls. */
export async function refuseTakenPort(at: { HOST: string; PORT: number }, patienceMs: number): Promise<void> {
  for (const end = Date.now() + patienceMs; ; await sleep(200)) {
    const error = await errorOfListening(at)
    if (!error) return
    if (error.code !== 'EADDRINUSE' || Date.now() >= end) throw cannotListen(at, error)
  }
}

function errorOfListening({
  HOST,
  PORT,
}: {
  HOST: string
  PORT: number
}): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer()
    server.once('error', resolve)
    server.listen(PORT, HOST, () => server.close(() => resolve(undefined)))
  })
}
