import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'

const APP = 'packagento'

/** The user that the server runs as, when it is not the current one. */
export interface Owner {
  uid: number
  gid: number
}

/**
 * Postgres refuses to run as root, so root runs it as `postgres`, or else as `nobody`. An existing cluster of another
 * user runs as that user, because otherwise that user could not read it later.
 */
export function ownerOfServer(cluster: string): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined
  const made = fs.statSync(cluster, { throwIfNoEntry: false })
  if (made?.uid) return { uid: made.uid, gid: made.gid }
  const users = fs
    .readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody')
  return user && { uid: Number(user[2]), gid: Number(user[3]) }
}

/** Copies the binaries once when the owner cannot enter their folder, such as root's home with mode 0700. */
export function reachableBinaries(bin: string, owner: Owner | undefined): string {
  if (!owner || isReachable(bin, owner)) return bin
  const stamp = digest(bin + fs.statSync(`${bin}/postgres`).mtimeMs)
  const copy = `/var/tmp/${APP}-pg-${stamp}`
  if (!fs.existsSync(`${copy}/bin/initdb`)) {
    const partial = `${copy}.${process.pid}`
    fs.cpSync(path.dirname(bin), partial, { recursive: true, verbatimSymlinks: true })
    fs.chmodSync(partial, 0o755)
    try {
      fs.renameSync(partial, copy)
    } catch {
      fs.rmSync(partial, { recursive: true })
    }
  }
  return `${copy}/bin`
}

export function reachableFolder(dir: string, owner: Owner | undefined): string {
  return !owner || isReachable(path.dirname(dir), owner) ? dir : path.join('/var/lib', APP, digest(dir))
}

function isReachable(target: string, { uid, gid }: Owner): boolean {
  for (let at = path.resolve(target); ; at = path.dirname(at)) {
    const s = fs.statSync(at, { throwIfNoEntry: false })
    const enters =
      !s || s.mode & 0o001 || (s.uid === uid && s.mode & 0o100) || (s.gid === gid && s.mode & 0o010)
    if (!enters) return false
    if (at === path.dirname(at)) return true
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 10)
