import { randomUUID } from 'node:crypto'
import fs from 'node:fs/promises'
import path from 'node:path'

const JOB = /^(\d+)-[0-9a-f-]{36}$/

/** Makes a folder, and deletes it when `run` is over, also after a failure. */
export async function* inJobFolder<T>(
  root: string,
  run: (folder: string) => AsyncGenerator<T, void, undefined>,
): AsyncGenerator<T, void, undefined> {
  const folder = path.join(root, `${process.pid}-${randomUUID()}`)
  await fs.mkdir(folder, { mode: 0o700 })
  try {
    yield* run(folder)
  } finally {
    await fs.rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/**
 * Makes the folder of all jobs, and deletes what killed processes left in it. Call it before the first job: folders of
 * this process number are from an earlier process.
 */
export async function sweepJobs(root: string): Promise<void> {
  await fs.mkdir(root, { recursive: true, mode: 0o700 })
  for (const name of await fs.readdir(root)) {
    const pid = Number(JOB.exec(name)?.[1])
    if (pid && (pid === process.pid || !isRunning(pid)))
      await fs.rm(path.join(root, name), { recursive: true, force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (e) {
    return (e as NodeJS.ErrnoException).code === 'EPERM'
  }
}
