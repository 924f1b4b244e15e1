import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { once } from 'node:events'
import type { Image } from './image.ts'

const USER = '1000'
/** As a container of docker-compose.yml: a root file system that cannot be written, with these exceptions. */
const CONFINED = `set -e
mount --make-rprivate /
for folder in $WRITABLE; do mount --bind "$folder" "$folder"; done
mount -o remount,bind,ro /
mount -t tmpfs -o size=64m,mode=1777 tmpfs /tmp
exec setpriv --reuid=${USER} --regid=${USER} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all -- "$@"`

/** Only root may make a mount namespace everywhere. Others run the processes as they are. */
export const canConfine = (): boolean =>
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['--mount', 'sh', '-c', 'mount --make-rprivate / && mount -o remount,bind,ro /'], {
    stdio: 'ignore',
  }).status === 0

export interface Container {
  name: string
  /** Of its last start. */
  process: () => ChildProcess
  printed: () => string
  /** Sends the signal; resolves with the exit code, or the signal, and the ms that it took. */
  stop: (signal: NodeJS.Signals) => Promise<{ ended: number | string; ms: number }>
  memoryMb: () => number
}

export interface ContainerOptions {
  name: string
  image: Image
  /** With its arguments. */
  program: string | readonly string[]
  env: Record<string, string>
  /** Folders that it may write to. */
  writable?: readonly string[]
}

/** Starts a program of the image with exactly this environment. */
export function startContainer({ name, image, program, env, writable = [] }: ContainerOptions): Container {
  for (const folder of writable) {
    fs.mkdirSync(folder, { recursive: true })
    if (process.getuid?.() === 0) fs.chownSync(folder, Number(USER), Number(USER))
  }
  const command = [image.node, ...[program].flat()]
  const confined = canConfine() ? ['unshare', '--mount', 'sh', '-c', CONFINED, 'sh', ...command] : command
  const [file = '', ...args] = confined
  const child = spawn(file, args, {
    cwd: image.app,
    env: { PATH: '/usr/bin:/bin', ...env, WRITABLE: writable.join(' ') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
    })
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  return {
    name,
    process: () => child,
    printed: () => printed,
    async stop(signal) {
      const since = performance.now()
      child.kill(signal)
      const [code, by] = await exited
      return { ended: code ?? by ?? 'unknown', ms: Math.round(performance.now() - since) }
    },
    memoryMb: () => Math.round(Number(/VmRSS:\s+(\d+)/.exec(statusOf(child.pid))?.[1] ?? 0) / 1024),
  }
}

const statusOf = (pid: number | undefined) => fs.readFileSync(`/proc/${pid}/status`, 'utf8')
