import { execFile } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import Fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify'
import { authJsonFor, installSnippet, type KeyPair } from '#domain/projects'
import type { ProjectId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { openLogger } from '#platform/logger'
import type { Storage } from '#platform/storage'
import { composerRegistry } from '../../src/api/composer/index.ts'
import { type Memory, noMemory } from '../../src/api/memory.ts'

export interface RegistryOptions {
  db: Db
  storage: Storage
  publicUrl?: string
  now?: () => Date
  /** Default: no memory, so that each request reads the database. */
  memory?: Memory
  /** A server that listens already, so that its port is known before the first URL is made. */
  server?: Server
}

/** Only the Composer door, for injected requests. */
export async function aRegistry({ db, storage, server, memory = noMemory, ...rest }: RegistryOptions) {
  const lines: string[] = []
  const log = openLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } })
  const app: FastifyInstance = server
    ? Fastify({ serverFactory: (handler) => server.on('request', handler) })
    : Fastify()
  const publicUrl = rest.publicUrl ?? 'http://registry.example'
  const now = rest.now ?? (() => new Date())
  await app.register(composerRegistry, { db, memory, storage, publicUrl, log, now })
  await app.ready()
  return {
    app,
    publicUrl,
    logged: () => lines.join(''),
    get: (
      url: string,
      keys?: KeyPair,
      headers: Record<string, string> = {},
    ): Promise<LightMyRequestResponse> =>
      app.inject({ url, headers: { ...(keys && { authorization: basic(keys) }), ...headers } }),
    close: () => app.close(),
  }
}

export const basic = ({ publicKey, privateKey }: KeyPair) =>
  `Basic ${Buffer.from(`${publicKey}:${privateKey}`).toString('base64')}`

/** The Composer door on a free port of 127.0.0.1, for a real Composer. */
export async function aListeningRegistry(options: { db: Db; storage: Storage; memory?: Memory }) {
  const requests: string[] = []
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  server.on('request', ({ method, url }, response) =>
    response.on('finish', () => requests.push(`${method} ${url} ${response.statusCode}`)),
  )
  const door = await aRegistry({ ...options, publicUrl, server })
  return {
    ...door,
    /** `METHOD /path status`, in the order in which the responses ended. */
    requests,
    async close() {
      server.closeAllConnections()
      await door.close()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The version of Composer on this machine. Undefined when Composer is not installed. */
export const composerVersion = async (): Promise<string | undefined> => {
  try {
    const { stdout } = await promisify(execFile)('composer', ['--version', '--no-ansi', '--no-plugins'], {
      env: { PATH: process.env['PATH'], HOME: os.tmpdir(), COMPOSER_ALLOW_SUPERUSER: '1' },
    })
    return /version (\S+)/.exec(stdout)?.[1]
  } catch {
    return undefined
  }
}

/** Whether a version of Composer, such as `2.11.0`, is `least`, such as `2.9`, or newer. */
export function isAtLeast(version: string | undefined, least: string): boolean {
  const [[major = 0, minor = 0] = [], [leastMajor = 0, leastMinor = 0] = []] = [version ?? '0.0', least].map(
    (each) => each.split('.').map(Number),
  )
  return major > leastMajor || (major === leastMajor && minor >= leastMinor)
}

export interface ComposerRun {
  exitCode: number
  /** stdout and stderr. Composer breaks the lines of its boxes at 80 characters. */
  output: string
}

export interface ComposerProjectWanted {
  project: ProjectId
  keys: KeyPair
  /** Repositories that Composer tries after ours. */
  repositories?: object[]
  /** A cache folder that several projects share; default: a new one. */
  cacheDir?: string | undefined
}

/** A folder with a composer.json, and a Composer that ignores the configuration of this machine. */
export async function aComposerProject(
  publicUrl: string,
  { project, keys, repositories = [], ...wanted }: ComposerProjectWanted,
) {
  const root = await fs.mkdtemp(path.join(os.tmpdir(), 'composer-'))
  const dir = path.join(root, 'shop')
  const cacheDir = wanted.cacheDir ?? path.join(root, 'cache')
  await fs.mkdir(dir)
  const { repository, composer_commands } = installSnippet(publicUrl, project, [])
  const manifest = {
    name: 'test/shop',
    // Composer tries them in this order; the last entry switches its public repository off
    repositories: [repository, ...repositories, { packagist: false }],
    config: composer_commands.includes('composer config secure-http false') ? { 'secure-http': false } : {},
  }
  /** At once, because a Composer may run meanwhile. */
  async function signIn(as: KeyPair): Promise<void> {
    const unfinished = path.join(root, 'auth.json')
    await fs.writeFile(unfinished, JSON.stringify(authJsonFor(publicUrl, as)))
    await fs.rename(unfinished, path.join(dir, 'auth.json'))
  }
  await fs.writeFile(path.join(dir, 'composer.json'), JSON.stringify(manifest))
  await signIn(keys)
  const env = {
    PATH: process.env['PATH'],
    HOME: root,
    COMPOSER_HOME: path.join(root, 'home'),
    COMPOSER_CACHE_DIR: cacheDir,
    COMPOSER_ALLOW_SUPERUSER: '1',
  }
  const read = (file: string) => fs.readFile(path.join(dir, file), 'utf8')
  return {
    dir,
    cacheDir,
    signIn,
    read,
    /** The packages in composer.lock, by name. */
    async locked(): Promise<Record<string, LockedPackage>> {
      const { packages } = JSON.parse(await read('composer.lock')) as { packages: LockedPackage[] }
      return Object.fromEntries(packages.map((each) => [each.name, each]))
    },
    has: (file: string) =>
      fs.access(path.join(dir, file)).then(
        () => true,
        () => false,
      ),
    forget: (what: 'cache' | 'vendor') =>
      fs.rm(what === 'cache' ? cacheDir : path.join(dir, 'vendor'), { recursive: true, force: true }),
    run: (...args: string[]): Promise<ComposerRun> =>
      new Promise((resolve) => {
        execFile(
          'composer',
          [...args, '--no-interaction', '--no-ansi', ...(args[0] === 'audit' ? [] : ['--no-progress'])],
          { cwd: dir, env },
          (error, stdout, stderr) =>
            resolve({ exitCode: error ? Number(error.code) : 0, output: `${stdout}\n${stderr}` }),
        )
      }),
    remove: () => fs.rm(root, { recursive: true, force: true }),
  }
}

export interface LockedPackage {
  name: string
  version: string
  dist?: { shasum: string; url: string }
  source?: object
}
