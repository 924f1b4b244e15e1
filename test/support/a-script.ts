import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { format } from 'node:util'
import { vi } from 'vitest'

export interface ScriptRun {
  status: number | string
  /** What it printed, as on a terminal. */
  output: string
}

type Env = Record<string, string>

/** Runs a command of `scripts` as a process of its own, as `npm run` does. */
export const aScript = (name: string, args: readonly string[], env: Env = {}): Promise<ScriptRun> =>
  new Promise((resolve) => {
    const options = { env: { ...process.env, ...env } }
    execFile(process.execPath, [`scripts/${name}.ts`, ...args], options, (error, stdout, stderr) =>
      resolve({ status: error?.code ?? 0, output: stdout + stderr }),
    )
  })

/** Runs a command of `scripts` in this process, which takes a hundredth of the time of a new one. Only one may run at a time. */
export async function aScriptHere(name: string, args: readonly string[], env: Env = {}): Promise<ScriptRun> {
  const { argv, exitCode } = process
  let output = ''
  const print = (...texts: unknown[]) => void (output += `${format(...texts)}\n`)
  const spies = (['log', 'error'] as const).map((level) => vi.spyOn(console, level).mockImplementation(print))
  const before = { ...process.env }
  Object.assign(process.env, env)
  process.argv = [process.execPath, `scripts/${name}.ts`, ...args]
  process.exitCode = undefined
  try {
    // a module is evaluated once for each address
    await import(`../../scripts/${name}.ts?run=${randomUUID()}`)
    return { status: process.exitCode ?? 0, output }
  } finally {
    Object.assign(process, { argv, exitCode })
    // a script may remove what our programs do not need, as sandbox/settings.ts does
    for (const key of Object.keys(process.env)) if (!(key in before)) delete process.env[key]
    Object.assign(process.env, before)
    for (const spy of spies) spy.mockRestore()
  }
}
