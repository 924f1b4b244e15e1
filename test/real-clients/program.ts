import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

export interface Run {
  args: readonly string[]
  env: Record<string, string>
  cwd: string
}

/** No session takes this long; a client that hangs is ended with all that it started. */
const PATIENCE_MS = 120_000

/** Runs a client's program to its end, without a terminal. A failure tells what it printed. */
export async function finished(program: string, { args, env, cwd }: Run): Promise<string> {
  const child = spawn(program, args, { env, cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const giveUp = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), PATIENCE_MS)
  try {
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    if (code !== 0) throw new Error(`it ended with ${code ?? 'a signal'}:\n${out}\n${err}`.slice(0, 4_000))
    return out
  } finally {
    clearTimeout(giveUp)
  }
}
