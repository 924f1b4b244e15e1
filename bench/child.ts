import { fork } from 'node:child_process'
import type { AddressInfo, Server } from 'node:net'
import { once } from 'node:events'
import path from 'node:path'

export interface Child {
  origin: string
  pid: number
  stop: () => Promise<void>
}

/** Starts a server of this folder in its own process. It writes its log as in production, and the log is thrown away. */
export async function startServer(file: string, given: object): Promise<Child> {
  const child = fork(path.join(import.meta.dirname, file), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: process.env['BENCH_NODE_OPTIONS']?.split(' ') ?? [],
  })
  const ended = once(child, 'exit')
  child.send(given)
  const first = await Promise.race([once(child, 'message'), ended.then(() => undefined)])
  if (!first) throw new Error(`${file} ended before it listened`)
  const [{ origin }] = first as [{ origin: string }]
  return {
    origin,
    pid: child.pid ?? 0,
    async stop() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}

/** Runs in the child process: receives `given`, reports its address, and ends with its parent. */
export async function serve<Given>(start: (given: Given) => Promise<Server>): Promise<void> {
  const ended = once(process, 'disconnect')
  const [given] = (await once(process, 'message')) as [Given]
  const server = await start(given)
  const { port } = server.address() as AddressInfo
  process.send?.({ origin: `http://127.0.0.1:${port}` })
  await ended
  process.exit(0)
}
