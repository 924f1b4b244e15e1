import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { freePort, onPath } from '../../sandbox/engines/process.ts'
import { ownerOfServer } from '../../sandbox/engines/owner.ts'
import { anEmptyDatabase } from '../support/database.ts'
import { type Peer, startPeer } from './peer.ts'

const run = promisify(execFile)
const VERSION = '1.26.0'
const MODULE = 'code.gitea.io/gitea'
/** Its pages and texts, which are not part of the program. */
const STATIC = path.resolve(`.data/bin/gitea-${VERSION}-static`)
const MOST_OUTPUT = 64 * 1024 * 1024

/** A real Git host. `go install` fails on its replace lines, so it is built by the go.mod beside this file. */
export const GITEA: Peer = {
  name: 'gitea',
  version: VERSION,
  takes: 'about 10 minutes, 107 MB',
  async build(folder) {
    const go = onPath('go') ?? ['/usr/local/go/bin/go'].find((file) => fs.existsSync(file))
    if (!go) throw new Error('there is no Go on this machine.')
    for (const name of ['go.mod', 'go.sum'])
      fs.copyFileSync(path.join(import.meta.dirname, 'gitea', name), path.join(folder, name))
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-trimpath' }
    const within = { cwd: folder, env, maxBuffer: MOST_OUTPUT }
    const flags = `-s -w -X main.Version=${VERSION}`
    await run(go, ['build', '-ldflags', flags, '-o', 'program', MODULE], within)
    return path.join(folder, 'program')
  },
}

/** Copies the pages and texts of the module once. Another user has to read them, and the module cache may be private. */
async function staticFiles(): Promise<string> {
  if (fs.existsSync(STATIC)) return STATIC
  const go = onPath('go') ?? '/usr/local/go/bin/go'
  const cwd = path.join(import.meta.dirname, 'gitea')
  const env = { ...process.env, GOFLAGS: '-mod=mod' }
  const { stdout } = await run(go, ['list', '-m', '-f', '{{.Dir}}', MODULE], { cwd, env })
  const partial = `${STATIC}.${process.pid}`
  for (const name of ['options', 'templates', 'public'])
    fs.cpSync(path.join(stdout.trim(), name), path.join(partial, name), { recursive: true })
  await run('chmod', ['-R', 'u+w,a+rX', partial])
  fs.renameSync(partial, STATIC)
  return STATIC
}

export type Gitea = Awaited<ReturnType<typeof startGitea>>
/** The person of the host. */
export const GITEA_USER = { name: 'vera', password: 'sandbox-password-1' }

/** Starts Gitea with an empty database and one user. It refuses root, so it runs as the user of Postgres. */
export async function startGitea(program: string) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gitea-'))
  const owner = ownerOfServer(dir)
  const database = await anEmptyDatabase()
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const own = path.join(dir, 'gitea')
  fs.copyFileSync(program, own)
  fs.chmodSync(own, 0o755)
  const config = path.join(dir, 'app.ini')
  fs.writeFileSync(
    config,
    settings({ dir, url, port, database: addressOf(database.url), root: await staticFiles() }),
  )
  if (owner) {
    await run('chown', ['-R', `${owner.uid}:${owner.gid}`, dir])
  }
  const as = owner ? ['setpriv', `--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups', '--'] : []
  const command = [...as, own, '-c', config]
  const env = { PATH: process.env.PATH ?? '', HOME: dir, USER: 'gitea' }
  const call = async (...args: string[]) => {
    const [file = '', ...rest] = [...command, ...args]
    await run(file, rest, { cwd: dir, env })
  }
  await call('migrate')
  const { name, password } = GITEA_USER
  const person = ['--username', name, '--password', password, '--email', 'vera@example.test']
  await call('admin', 'user', 'create', ...person, '--must-change-password=false')
  const [file = '', ...rest] = command
  const { stop } = await startPeer(file, { args: [...rest, 'web'], env, readyAt: `${url}/api/healthz` })

  /** A call of its API as the person. */
  async function api<T>(method: string, at: string, body?: object): Promise<T> {
    const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
    const answer = await fetch(`${url}/api/v1/${at}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(`gitea answered ${answer.status} to ${at}: ${await answer.text()}`)
    const text = await answer.text()
    return (text ? JSON.parse(text) : undefined) as T
  }
  return {
    url,
    api,
    databaseUrl: database.url,
    async stop() {
      await stop()
      await database.drop()
      fs.rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** The Postgres of the tests listens in a folder, and asks for no password there. */
function addressOf(url: string): Settings['database'] {
  const [, name = '', folder = ''] = /^postgres:\/\/postgres@\/([^?]+)\?host=(.+)$/.exec(url) ?? []
  return { host: decodeURIComponent(folder), name }
}

interface Settings {
  dir: string
  url: string
  port: number
  database: { host: string; name: string }
  root: string
}

/** Strict about refresh tokens: each works once. Access tokens are short, so that our renewals are seen. */
const settings = ({ dir, url, port, database, root }: Settings) => `RUN_MODE = prod
WORK_PATH = ${dir}
[server]
PROTOCOL = http
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${port}
ROOT_URL = ${url}/
DISABLE_SSH = true
OFFLINE_MODE = true
STATIC_ROOT_PATH = ${root}
[database]
DB_TYPE = postgres
HOST = ${database.host}
NAME = ${database.name}
USER = postgres
[security]
INSTALL_LOCK = true
SECRET_KEY = ${randomBytes(16).toString('hex')}
PASSWORD_COMPLEXITY = off
[oauth2]
ENABLED = true
JWT_SECRET = ${randomBytes(32).toString('base64url')}
ACCESS_TOKEN_EXPIRATION_TIME = 600
INVALIDATE_REFRESH_TOKENS = true
[webhook]
ALLOWED_HOST_LIST = loopback
[git]
HOME_PATH = ${dir}/home
[log]
LEVEL = Warn
`
