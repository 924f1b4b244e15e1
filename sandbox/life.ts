import { styleText } from 'node:util'

/** A stop was asked for while it was still starting: nothing to tell. */
export class Stopped extends Error {}

export interface Life {
  /** Runs a part of the start and prints how long it took; once a stop is asked for, no further part begins. */
  step: <T>(name: string, run: () => Promise<T>) => Promise<T>
  /** What is started later is stopped earlier. */
  atTheEnd: (name: string, stop: () => Promise<void>) => void
  /** Waits for it, but not beyond a stop. */
  unlessStopped: <T>(waiting: Promise<T>) => Promise<T>
  /** Lets what is half started finish, so that it can be stopped, stops all in turn and exits. */
  stop: (code: number) => Promise<void>
}

/** The life of the launcher: `start` may be cut short at any moment, by a signal, a failure, or a role that ends. */
export function live(start: (life: Life) => Promise<void>): void {
  const parts: Array<{ name: string; stop: () => Promise<void> }> = []
  const stopping = new AbortController()
  let ending: Promise<void> | undefined
  const stopped = new Promise<never>((_, reject) => {
    stopping.signal.addEventListener('abort', () => reject(new Stopped()), { once: true })
  })
  stopped.catch(() => {})

  const life: Life = {
    async step(name, run) {
      if (stopping.signal.aborted) throw new Stopped()
      return timed(name, run)
    },
    atTheEnd: (name, stop) => void parts.push({ name, stop }),
    unlessStopped: (waiting) => Promise.race([waiting, stopped]),
    stop: (code) => (ending ??= end(code)),
  }
  const started = start(life).catch((e: unknown) => {
    if (e instanceof Stopped) return
    // what we say ourselves is a sentence; anything else is a bug and keeps its stack
    console.error(e instanceof Error && e.constructor === Error ? e.message : e)
    setImmediate(() => void life.stop(1))
  })
  stopOnSignals(life.stop)

  async function end(code: number): Promise<void> {
    if (parts.length) console.log('\nStopping …')
    stopping.abort()
    await started
    for (let part = parts.pop(); part; part = parts.pop()) {
      const { name, stop } = part
      await timed(`${name} stopped`, stop).catch((e: unknown) => console.error(name, e))
    }
    process.exit(code)
  }
}

async function timed<T>(name: string, run: () => Promise<T>): Promise<T> {
  const start = performance.now()
  const result = await run()
  const ms = styleText('dim', `${Math.round(performance.now() - start)} ms`)
  console.log(`  ${styleText('green', '✓')} ${name} ${ms}`)
  return result
}

function stopOnSignals(stop: (code: number) => Promise<void>): void {
  let first = 0
  process.on('SIGINT', () => {
    // one Ctrl-C can arrive twice, from the terminal and through npm
    if (first && Date.now() - first > 1000) process.exit(130)
    first ||= Date.now()
    void stop(0)
  })
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0))
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) void stop(0) // npm was killed without a word
  }, 1000).unref()
}
