import { generateKeyPairSync } from 'node:crypto'
import fs from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import path from 'node:path'
import { z } from 'zod'
import type { GitHostKind } from '../../src/kernel/git-host.ts'
import { guardedServer, mayControl, NO_KEY } from '../guard.ts'
import { listening } from '../listening.ts'
import { ownSecret, write } from '../remembered.ts'
import { escape, notice, type PageAnswer, sendPage } from '../stripe/html.ts'
import { bodyOf } from '../stripe/request-body.ts'
import type { ApiAnswer } from './api-call.ts'
import { addHook } from './api-parts.ts'
import { API_PATHS, APIS } from './api.ts'
import { type Hooks, hooksOf } from './hooks.ts'
import { handleGit } from './http-backend.ts'
import {
  authorizeAnswer,
  authorizePage,
  install,
  installAnswer,
  installPage,
  NAMES,
  OAUTH_PATHS,
  tokenAnswer,
} from './oauth.ts'
import { addRepository, type SeededRepository } from './repositories.ts'
import { isAnswered, takeFault } from './faults.ts'
import { handleSim, type Sim } from './sim.ts'
import { type Host, type HostHook, openHost } from './state.ts'
import { basicIn, grantOf } from './tokens.ts'

export type { SeededRepository, SeededVersion } from './repositories.ts'
export { GIT_PASSWORD } from './tokens.ts'

export interface GitHostOptions {
  kind: GitHostKind
  /** The preferred port. A free one is used when it is absent or taken. */
  port?: number
  /** Folder of repositories, users and keys. */
  dir: string
  /** The registered redirect URI of our application. */
  callbackUrl: string
  /** The key that `/_sim` wants. Without one, it wants none. */
  simKey?: string
  now?: () => number
}

export interface GitStandIn {
  url: string
  /** One entry of the setting `GIT_HOSTS`. */
  setting: Record<string, unknown>
  /** Returns the id and the folder of the bare repository. */
  add: (repository: SeededRepository) => Promise<{ id: number; folder: string }>
  /** GitHub: a person lets our application use repositories of an account. Returns the id of the installation. */
  install: (account: string, repositories: number[]) => number
  addHook: (hook: Omit<HostHook, 'id'>) => HostHook
  hooks: Hooks
  stop: () => Promise<void>
}

/**
 * Starts a Git host on the loopback address: Git's own smart HTTP, OAuth pages for a browser, and the calls that we make
 * in the dialect of its kind. `/_sim` controls it.
 */
export async function startGitHost(options: GitHostOptions): Promise<GitStandIn> {
  const { kind, port = 0, dir, callbackUrl, now } = options
  fs.mkdirSync(dir, { recursive: true })
  const clientId = `sandbox-${kind}`
  const clientSecret = ownSecret(path.join(dir, 'client-secret'))
  const keys = kind === 'github' ? ownKeys(path.join(dir, 'app-key.pem')) : undefined
  let url = ''
  const host = openHost({
    kind,
    dir,
    url: () => url,
    app: {
      clientId,
      clientSecret,
      slug: 'packagento',
      callbackUrl,
      ...(keys && { publicKey: keys.publicKey }),
    },
    ...(now && { now }),
  })
  const hooks = hooksOf(host)
  const sim: Sim = { host, hooks, faults: [], requests: [] }
  const server = guardedServer(
    (request, response) => handle(sim, options.simKey, request, response),
    (error, response) => fail(response, error),
  )
  url = `http://127.0.0.1:${await listening(server, port)}`
  return {
    url,
    setting: {
      kind,
      url,
      client_id: clientId,
      client_secret: clientSecret,
      ...(keys && { app_slug: 'packagento', private_key: keys.privateKey }),
    },
    async add(seeded) {
      const repository = await addRepository(host, seeded)
      return { id: repository.id, folder: host.folderOf(repository) }
    },
    install: (account, repositories) => install(host, account, repositories),
    addHook: (hook) => addHook(host, hook),
    hooks,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await hooks.idle()
    },
  }
}

/** The key pair of the App. It is made once. */
function ownKeys(file: string): { privateKey: string; publicKey: string } {
  if (!fs.existsSync(file)) {
    const pem = { type: 'pkcs8', format: 'pem' } as const
    const made = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: pem,
    })
    write(file, JSON.stringify(made), 0o600)
  }
  return JSON.parse(fs.readFileSync(file, 'utf8')) as { privateKey: string; publicKey: string }
}

async function handle(
  sim: Sim,
  simKey: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { host, hooks, requests } = sim
  const url = new URL(request.url ?? '/', host.url())
  const call = `${request.method} ${url.pathname}`
  if (url.pathname.startsWith('/_sim/')) return answerSim(sim, call, request, response, simKey)
  requests.push(call)
  const fault = takeFault(sim.faults, call)
  if (fault && (await isAnswered(fault, response))) return
  if (await handleGit(host, request, response, (...pushed) => hooks.pushed(...pushed))) return
  const body = await bodyOf(request)
  const answer = answerOf(host, { request, url, body })
  // the call has had its effect
  if (fault?.answer === 'lost') return void request.socket.destroy()
  if ('page' in answer) return sendPage(response, answer.page)
  const { status, headers = {}, body: sent } = answer
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(sent === undefined ? undefined : JSON.stringify(sent))
}

interface Received {
  request: IncomingMessage
  url: URL
  body: string
}

function answerOf(host: Host, { request, url, body }: Received): ApiAnswer | { page: PageAnswer } {
  const { method = 'GET', headers } = request
  const { kind, app } = host
  const { pathname, searchParams } = url
  const paths = OAUTH_PATHS[kind]
  const form = new URLSearchParams(body)
  if (pathname === paths.authorize)
    return { page: method === 'POST' ? authorizeAnswer(host, form) : authorizePage(host, searchParams) }
  if (pathname === paths.token && method === 'POST') return tokenAnswer(host, form)
  if (kind === 'gitlab' && pathname === '/oauth/revoke') return revoke(host, form)
  if (kind === 'gitea' && pathname === '/login/oauth/introspect') return introspect(host, request, form)
  if (kind === 'github' && pathname === `/apps/${app.slug}/installations/new`)
    return { page: method === 'POST' ? installAnswer(host, form) : installPage(host, searchParams) }
  const api = API_PATHS[kind]
  if (pathname.startsWith(`${api}/`)) {
    const json = headers['content-type']?.includes('json') && body ? (JSON.parse(body) as object) : {}
    const called = APIS[kind](host, {
      method,
      path: pathname.slice(api.length),
      query: searchParams,
      authorization: headers.authorization,
      body: json as Record<string, unknown>,
    })
    return called ?? { status: 404, body: { message: 'Not Found' } }
  }
  if (pathname === '/') return { page: listPage(host) }
  return { page: notice('Not found', 'There is nothing here.', { status: 404, back: '/' }) }
}

function revoke(host: Host, form: URLSearchParams): ApiAnswer {
  if (form.get('client_secret') !== host.app.clientSecret) return { status: 403, body: {} }
  const token = form.get('token')
  host.state.grants = host.state.grants.filter(
    ({ accessToken, refreshToken }) => accessToken !== token && refreshToken !== token,
  )
  host.save()
  return { status: 200, body: {} }
}

/** RFC 7662, as Gitea has it: only for the application itself. */
function introspect(host: Host, { headers }: IncomingMessage, form: URLSearchParams): ApiAnswer {
  const given = basicIn(headers.authorization)
  if (given?.user !== host.app.clientId || given.password !== host.app.clientSecret)
    return { status: 401, body: {} }
  const grant = grantOf(host, form.get('token') ?? undefined)
  return {
    status: 200,
    body: grant ? { active: true, scope: grant.scope, username: grant.user } : { active: false },
  }
}

const listPage = (host: Host): PageAnswer => ({
  title: `Sandbox ${NAMES[host.kind]}`,
  main: `<h1>Sandbox ${NAMES[host.kind]}</h1>
<p class="soft">A Git host on this machine. Push as the owner with the password of the sandbox; a pushed tag is reported to packagento.</p>
<ul class="cards">${host.state.repositories
    .map(
      (each) =>
        `<li><code>${escape(`git clone ${host.url()}/${each.path}.git`)}</code><span>${each.isPrivate ? 'private' : 'public'}</span></li>`,
    )
    .join('')}</ul>`,
})

async function answerSim(
  sim: Sim,
  call: string,
  request: IncomingMessage,
  response: ServerResponse,
  simKey: string | undefined,
): Promise<void> {
  const text = await bodyOf(request)
  const send = (status: number, body: object) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  if (!mayControl(request, simKey)) return send(403, NO_KEY)
  try {
    const answer = await handleSim(sim, call, text ? JSON.parse(text) : {})
    return answer ? send(200, answer) : send(404, { error: 'there is no such control' })
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof RangeError)
      return send(400, { error: (error as Error).message })
    throw error
  }
}

function fail(response: ServerResponse, error: unknown): void {
  console.error(error)
  if (!response.headersSent) response.writeHead(500)
  response.end()
}
