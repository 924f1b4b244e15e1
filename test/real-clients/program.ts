import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Desktop } from './desktop.ts'
import type { Person } from './person.ts'

export interface Run {
  args: readonly string[]
  env: Record<string, string>
  cwd: string
  /** The exit codes that do not mean a failure. */
  acceptedCodes?: readonly number[]
  /** Answers the page that it wants to open in a browser. */
  person?: Person
  /** The desktop on which it opens pages whose URL it does not print. Is closed when the program ends. */
  desktop?: Desktop
  /** Typed once, when this question is printed. */
  typed?: { after: string; text: string }
}

/** A session that takes longer is ended. */
const TIMEOUT_MS = 120_000

/**
 * Runs the program of a client to its end, without a terminal, and returns its output. All processes that it
 * started end when it ends, or when this process ends.
 */
export async function outputOf(
  program: string,
  { args, env, cwd, acceptedCodes = [0], person, desktop, typed }: Run,
): Promise<string> {
  const child = spawn(program, args, {
    env,
    cwd,
    detached: true,
    stdio: 'pipe',
  })
  const end = () => endGroup(child.pid)
  const timer = setTimeout(end, TIMEOUT_MS)
  process.once('exit', end)
  child.once('exit', end)
  child.once('close', () => desktop?.close())
  const { stdin, stdout, stderr } = child
  if (typed) type(typed, stdin, stdout)
  else stdin.end()
  try {
    const ended = Promise.all([text(stdout), text(stderr), once(child, 'close')])
    const hasAsked = !person || (await person.answers(stdout, stderr, ...(desktop ? [desktop.opened] : [])))
    const [out, err, [code]] = await ended
    const printed = `:\n${out}\n${err}`
    if (!acceptedCodes.includes(code as number))
      throw new Error(`it ended with ${code ?? 'a signal'}${printed}`.slice(0, 4_000))
    if (!hasAsked) throw new Error(`it printed no page to open${printed}`.slice(0, 4_000))
    return out
  } finally {
    end()
    clearTimeout(timer)
    process.off('exit', end)
  }
}

/** Leaves the input open: a program that reads the end of its input would not wait for the answer. */
function type({ after, text: answer }: NonNullable<Run['typed']>, stdin: Writable, stdout: Readable): void {
  let printed = ''
  const read = (chunk: Buffer) => {
    printed += chunk.toString()
    if (!printed.includes(after)) return
    stdout.off('data', read)
    stdin.write(answer)
  }
  stdout.on('data', read)
}

function endGroup(leader: number | undefined): void {
  try {
    if (leader) process.kill(-leader, 'SIGKILL')
  } catch {
    // no process of the group is left
  }
}
