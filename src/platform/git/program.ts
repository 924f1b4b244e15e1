import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

const MOST_ERROR_TEXT = 16 * 1024

export interface Program {
  command: readonly [string, ...string[]]
  /** The whole environment: nothing is inherited. */
  env: Readonly<Record<string, string>>
  folder: string
  timeoutMs: number
  signal: AbortSignal
  input?: string | readonly Uint8Array[] | undefined
}

/** The program was killed, because it took too long or printed too much. */
export class ProgramStopped extends Error {
  readonly why: 'too_slow' | 'too_much_output'
  constructor(why: ProgramStopped['why']) {
    super(`the program was stopped: ${why}`)
    this.why = why
  }
}

/** The program ended with an error. `errorText` may contain texts of strangers: do not show it. */
export class ProgramFailed extends Error {
  readonly errorText: string
  /** Such as `exit 128` or `SIGSEGV`. */
  readonly end: string
  constructor(end: string, errorText: string) {
    super(`the program failed: ${end}`)
    this.end = end
    this.errorText = errorText
  }
}

/** What a program prints, at most `maxBytes`. Throws `ProgramFailed`, `ProgramStopped` or the reason of the signal. */
export async function outputOf(program: Program, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of streamOf(program)) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new ProgramStopped('too_much_output')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/**
 * What a program prints, as it prints it. When the loop ends, for whatever reason, the program and all processes that
 * it started are gone. Throws like `outputOf`, also when the program fails after its last output.
 */
export async function* streamOf(program: Program): AsyncGenerator<Buffer, void, undefined> {
  const { signal, timeoutMs } = program
  signal.throwIfAborted()
  const running = start(program)
  let stopped: Error | undefined
  const stop = (reason: Error) => {
    stopped ??= reason
    running.kill()
  }
  const onAbort = () => stop(signal.reason as Error)
  const timer = setTimeout(() => stop(new ProgramStopped('too_slow')), timeoutMs)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    for await (const chunk of running.stdout) {
      if (stopped) throw stopped
      yield chunk as Buffer
    }
    const end = await running.ended
    if (stopped) throw stopped
    if (end !== 'exit 0') throw new ProgramFailed(end, running.errorText())
  } catch (e) {
    throw stopped ?? e
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    running.kill()
    await running.ended
  }
}

interface Running {
  stdout: Readable
  /** Resolves when the process and its pipes are closed. */
  ended: Promise<string>
  errorText: () => string
  /** Kills the whole process group. */
  kill: () => void
}

/** Starts the program as the leader of a process group of its own, so that helpers can be killed with it. */
function start({ command: [file, ...args], env, folder, input }: Program): Running {
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(file, args, {
    cwd: folder,
    env,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const { promise: ended, resolve } = Promise.withResolvers<string>()
  let errorText = ''
  child.stderr.on('data', (chunk: Buffer) => {
    if (errorText.length < MOST_ERROR_TEXT) errorText += chunk.toString('latin1')
  })
  const kill = () => {
    try {
      if (child.pid) process.kill(-child.pid, 'SIGKILL')
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code !== 'ESRCH') throw e
    }
  }
  child.stdin.on('error', () => {}) // it ended before it read its input: its exit code says why
  for (const part of typeof input === 'string' ? [input] : (input ?? [])) child.stdin.write(part)
  child.stdin.end()
  // a helper that outlives its leader would keep the pipes open
  child.once('exit', kill)
  child.once('close', (code, signal) => resolve(signal ?? `exit ${code}`))
  child.once('error', (e: NodeJS.ErrnoException) => {
    errorText = `${file}: ${e.code}`
    resolve(`not started: ${e.code}`)
  })
  return { stdout: child.stdout, ended, errorText: () => errorText, kill }
}
