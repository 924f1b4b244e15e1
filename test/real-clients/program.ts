import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

export interface Run {
  args: readonly string[]
  env: Record<string, string>
  cwd: string
  /** Exit codes that are no failure. */
  fine?: readonly number[]
}

/** No session takes this long. */
const PATIENCE_MS = 120_000

/**
 * Runs a client's program to its end, without a terminal, and answers what it printed. All that it started ends with
 * it, and with us.
 */
export async function finished(program: string, { args, env, cwd, fine = [0] }: Run): Promise<string> {
  const child = spawn(program, args, { env, cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const end = () => endGroup(child.pid)
  const hurry = setTimeout(end, PATIENCE_MS)
  process.once('exit', end)
  child.once('exit', end)
  try {
    const [out, err, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ])
    if (!fine.includes(code as number))
      throw new Error(`it ended with ${code ?? 'a signal'}:\n${out}\n${err}`.slice(0, 4_000))
    return out
  } finally {
    clearTimeout(hurry)
    process.off('exit', end)
  }
}

function endGroup(leader: number | undefined): void {
  try {
    if (leader) process.kill(-leader, 'SIGKILL')
  } catch {
    // nobody of it is left
  }
}
