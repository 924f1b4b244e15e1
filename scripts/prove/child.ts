import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from '../../sandbox/settings.ts'

/** A process of the deployment that can be killed and started again, with the same address and data. */
export interface Part {
  name: string
  /** Resolves when it is ready. */
  start: () => Promise<void>
  kill: () => void
  /** Of the running process. */
  pid: () => number
  stop: () => Promise<void>
}

export interface ChildOptions {
  name: string
  file: string
  env: Record<string, string>
  /** The folder of its log. */
  logs: string
  /** Called when it has ended by itself. It is then started again, as a supervisor of production does. */
  onCrash: (name: string) => void
}

/** A process waits for Postgres or Temporal by being started again, as long as one of them is down. */
const MOST_TRIES = 60

/** A process that reports over IPC when it is ready, and that ends when we are gone. */
export function childPart({ name, file, env, logs, onCrash }: ChildOptions): Part {
  let child: ChildProcess | undefined
  let isWanted = false
  fs.mkdirSync(logs, { recursive: true })

  async function start(): Promise<void> {
    isWanted = true
    for (let tries = 1; isWanted; tries++) {
      if (tries > MOST_TRIES) throw new Error(`${name} does not start: see ${path.join(logs, name)}.log`)
      const log = fs.openSync(path.join(logs, `${name}.log`), 'a')
      const started = spawn(process.execPath, [path.join(root, file)], {
        cwd: root,
        env: { ...process.env, ...env },
        stdio: ['ignore', log, log, 'ipc'],
      })
      fs.closeSync(log)
      child = started
      const ended = once(started, 'exit').then(() => false)
      const isReady = await Promise.race([once(started, 'message').then(() => true), ended])
      if (isReady) return void ended.then(() => endedByItself(started))
      await sleep(300)
    }
  }
  async function endedByItself(ended: ChildProcess): Promise<void> {
    if (!isWanted || child !== ended) return
    onCrash(name)
    await start()
  }
  function end(signal: NodeJS.Signals): Promise<unknown> {
    isWanted = false
    const isOver = !child || child.exitCode !== null || child.signalCode !== null
    const gone = child && !isOver ? once(child, 'exit') : Promise.resolve()
    child?.kill(signal)
    return gone
  }
  return {
    name,
    start,
    kill: () => void end('SIGKILL'),
    pid: () => child?.pid ?? 0,
    async stop() {
      const late = setTimeout(() => child?.kill('SIGKILL'), 15_000)
      await end('SIGTERM')
      clearTimeout(late)
    },
  }
}
