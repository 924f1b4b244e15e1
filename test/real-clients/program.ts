import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Person } from './person.ts'

export interface Run {
  args: readonly string[]
  env: Record<string, string>
  cwd: string
  /** The exit codes that do not mean a failure. */
  acceptedCodes?: readonly number[]
  /** What it reads from its input. */
  input?: string
  /** Answers the page that it wants to open in a browser. */
  person?: Person
}

/** A session that takes longer is ended. */
const TIMEOUT_MS = 120_000

/**
 * Runs the program of a client to its end, without a terminal, and returns its output. All processes that it
 * started end when it ends, or when this process ends.
 */
export async function outputOf(
  program: string,
  { args, env, cwd, acceptedCodes = [0], input, person }: Run,
): Promise<string> {
  const child = spawn(program, args, {
    env,
    cwd,
    detached: true,
    stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  })
  const end = () => endGroup(child.pid)
  const timer = setTimeout(end, TIMEOUT_MS)
  process.once('exit', end)
  child.once('exit', end)
  child.stdin?.end(input)
  const { stdout, stderr } = child as { stdout: Readable; stderr: Readable }
  try {
    const ended = Promise.all([text(stdout), text(stderr), once(child, 'close')])
    await (person && Promise.race([person.answers(stdout, stderr), ended]))
    const [out, err, [code]] = await ended
    if (!acceptedCodes.includes(code as number))
      throw new Error(`it ended with ${code ?? 'a signal'}:\n${out}\n${err}`.slice(0, 4_000))
    return out
  } finally {
    clearTimeout(timer)
    process.off('exit', end)
  }
}

function endGroup(leader: number | undefined): void {
  try {
    if (leader) process.kill(-leader, 'SIGKILL')
  } catch {
    // no process of the group is left
  }
}
