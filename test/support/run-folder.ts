import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { isAlive } from '../../sandbox/engines/process.ts'

const PREFIX = 'packagento-run-'

/**
 * Makes the temporary folder of all processes of this test run, named after this process. First removes the folders that
 * killed runs left. Returns a function that removes the folder.
 */
export function runFolder(): () => void {
  const base = os.tmpdir()
  const left = fs.readdirSync(base).filter((name) => name.startsWith(PREFIX))
  for (const name of left) if (!isAlive(Number(name.slice(PREFIX.length)))) remove(path.join(base, name))
  const folder = path.join(base, `${PREFIX}${process.pid}`)
  // a Postgres that root starts runs as another user
  fs.mkdirSync(folder, { recursive: true, mode: 0o755 })
  process.env['TMPDIR'] = folder
  return () => {
    process.env['TMPDIR'] = base
    remove(folder)
  }
}

const remove = (folder: string) => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
