import { styleText } from 'node:util'
import { sentenceOf } from './refused.ts'

/** A stop was asked for while it was still starting: nothing to tell. */
export class Stopped extends Error {}

export interface Life {
  /** Runs a part of the start and prints how long it took; once a stop is asked for, no further part begins. */
  step: <T>(name: string, run: () => Promise<T>) => Promise<T>
  /** What is started later is stopped earlier; what has no name, without a word. */
  atTheEnd: (stop: () => Promise<void>, name?: string) => void
  /** Waits for it, but not beyond a stop. */
  unlessStopped: <T>(waiting: Promise<T>) => Promise<T>
  /** A part has ended by itself: says so and stops all the others, with exit code 1. */
  fail: (why: string) => void
  /** Whether somebody wants it to end at once: a second Ctrl-C. */
  hurry: AbortSignal
}

/** The life of the launcher: `start` may be cut short at any moment, by a signal, a failure, or a part that ends. */
export function live(start: (life: Life) => Promise<void>): void {
  const parts: Array<{ stop: () => Promise<void>; name: string | undefined }> = []
  const stopping = new AbortController()
  const hurrying = new AbortController()
  let ending: Promise<void> | undefined
  const stopped = rejected(stopping.signal)

  const life: Life = {
    async step(name, run) {
      if (stopping.signal.aborted) throw new Stopped()
      return timed(name, run)
    },
    atTheEnd: (stop, name) => void parts.push({ stop, name }),
    unlessStopped: (waiting) => Promise.race([waiting, stopped]),
    // a Ctrl-C reaches the programs we wait for, too: their end may be ahead of its news
    fail: (why) =>
      void setImmediate(() => {
        if (stopping.signal.aborted) return
        console.error(why)
        void stop(1)
      }),
    hurry: hurrying.signal,
  }
  survive((e) => {
    console.error(told(e))
    void stop(1)
  })
  const started = start(life).catch((e: unknown) => life.fail(told(e)))
  stopOnSignals(stop, () => hurrying.abort())

  function stop(code: number): Promise<void> {
    return (ending ??= end(code))
  }

  /** Lets what is half started finish, so that it can be stopped, stops all in turn and exits. */
  async function end(code: number): Promise<void> {
    if (parts.some(({ name }) => name)) console.log('\nStopping …')
    stopping.abort()
    await Promise.race([started, rejected(hurrying.signal).catch(() => {})])
    for (let part = parts.pop(); part; part = parts.pop()) {
      const { name, stop } = part
      const stops = name ? timed(`${name} stopped`, stop) : stop()
      await stops.catch((e: unknown) => console.error(name ?? '', told(e)))
    }
    process.exit(code)
  }
}

/** What we say ourselves is a sentence; anything else is a bug and keeps its stack. */
const told = (e: unknown) => sentenceOf(e) ?? (e instanceof Error ? (e.stack ?? e.message) : String(e))

function rejected(signal: AbortSignal): Promise<never> {
  const promise = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Stopped()), { once: true })
  })
  promise.catch(() => {})
  return promise
}

/** A bug must not leave engines behind, and a terminal that is gone (`npm start | head`) is none. */
function survive(stop: (e: unknown) => void): void {
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

function stopOnSignals(stop: (code: number) => Promise<void>, hurry: () => void): void {
  let first = 0
  process.on('SIGINT', () => {
    // one Ctrl-C can arrive twice, from the terminal and through npm
    if (first && Date.now() - first > 1000) hurry()
    first ||= Date.now()
    void stop(0)
  })
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0))
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) void stop(0) // npm was killed without a word
  }, 1000).unref()
}
