import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'

/** Runs `npm ci` in a folder with its own lockfile, unless that lockfile is already installed. */
export async function installInto(folder: string, what: string): Promise<void> {
  const lock = fs.readFileSync(`${folder}/package-lock.json`, 'utf8')
  const stamp = `${folder}/node_modules/.installed`
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === lock) return
  console.log(`Installing ${what} …`)
  const npm = spawn('npm', ['ci', '--loglevel=error'], { cwd: folder, stdio: 'inherit' })
  const [code] = (await once(npm, 'close')) as [number | null]
  if (code !== 0) throw new Error(`npm ci in ${folder} failed`)
  fs.writeFileSync(stamp, lock)
}
