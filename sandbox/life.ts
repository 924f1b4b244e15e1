import { styleText } from 'node:util'
import { sentenceOf } from './refused.ts'

/** Thrown when a stop was requested during the start. It needs no message. */
export class Stopped extends Error {}

export interface Life {
  /** Runs one part of the start and prints how long it took. Throws `Stopped` when a stop was requested before. */
  step: <T>(name: string, run: () => Promise<T>) => Promise<T>
  /** Registers how to stop a part. Parts stop in reverse order. A part without a name prints nothing. */
  onStop: (stop: () => Promise<void>, name?: string) => void
  /** Waits for a promise, and throws `Stopped` at a stop. */
  unlessStopped: <T>(waiting: Promise<T>) => Promise<T>
  /** Reports that a part has ended by itself, and stops all others with exit code 1. */
  fail: (why: string) => void
  /** Fires at a second Ctrl-C: everything must stop at once. */
  forceStop: AbortSignal
}

/** Runs the launcher. A signal, a failure, or a part that ends can stop it at any moment, even during `start`. */
export function live(start: (life: Life) => Promise<void>): void {
  const parts: Array<{ stop: () => Promise<void>; name: string | undefined }> = []
  const stopping = new AbortController()
  const forcing = new AbortController()
  let ending: Promise<void> | undefined
  const stopped = rejected(stopping.signal)

  const life: Life = {
    async step(name, run) {
      if (stopping.signal.aborted) throw new Stopped()
      return timed(name, run)
    },
    onStop: (stop, name) => void parts.push({ stop, name }),
    unlessStopped: (waiting) => Promise.race([waiting, stopped]),
    // Ctrl-C also reaches the programs that we started, and we may see their end before the signal
    fail: (why) =>
      void setImmediate(() => {
        if (stopping.signal.aborted) return
        console.error(why)
        void stop(1)
      }),
    forceStop: forcing.signal,
  }
  stopOnBugs((e) => {
    console.error(describe(e))
    void stop(1)
  })
  const started = start(life).catch((e: unknown) => life.fail(describe(e)))
  stopOnSignals(stop, () => forcing.abort())

  function stop(code: number): Promise<void> {
    return (ending ??= end(code))
  }

  /** Waits for parts that are still starting, because only a started part can be stopped. Stops all in turn and exits. */
  async function end(code: number): Promise<void> {
    if (parts.some(({ name }) => name)) console.log('\nStopping …')
    stopping.abort()
    await Promise.race([started, rejected(forcing.signal).catch(() => {})])
    for (let part = parts.pop(); part; part = parts.pop()) {
      const { name, stop } = part
      const stops = name ? timed(`${name} stopped`, stop) : stop()
      await stops.catch((e: unknown) => console.error(name ?? '', describe(e)))
    }
    process.exit(code)
  }
}

/** Returns the sentence of an expected error, and the stack of a bug. */
const describe = (e: unknown) => sentenceOf(e) ?? (e instanceof Error ? (e.stack ?? e.message) : String(e))

function rejected(signal: AbortSignal): Promise<never> {
  const promise = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Stopped()), { once: true })
  })
  promise.catch(() => {})
  return promise
}

/** Stops the engines after a bug. A closed terminal (`npm start | head`) is not a bug. */
function stopOnBugs(stop: (e: unknown) => void): void {
  process.on('uncaughtException', stop)
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
}

async function timed<T>(name: string, run: () => Promise<T>): Promise<T> {
  const start = performance.now()
  const result = await run()
  const ms = styleText('dim', `${Math.round(performance.now() - start)} ms`)
  console.log(`  ${styleText('green', '✓')} ${name} ${ms}`)
  return result
}

function stopOnSignals(stop: (code: number) => Promise<void>, forceStop: () => void): void {
  let first = 0
  process.on('SIGINT', () => {
    // one Ctrl-C can arrive twice, from the terminal and through npm
    if (first && Date.now() - first > 1000) forceStop()
    first ||= Date.now()
    void stop(0)
  })
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0))
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) void stop(0) // npm was killed and sent no signal
  }, 1000).unref()
}
