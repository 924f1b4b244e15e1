import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { GIT_ENV, refsOf } from './repositories.ts'
import { accessOf, type Host, type HostRepositoryState } from './state.ts'
import { gitVisitor } from './tokens.ts'

const SERVICE = /^\/(.+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/

/** A change of a ref by a push. `before` or `after` is absent for a new or deleted ref. */
export interface PushedRef {
  ref: string
  before: string | undefined
  after: string | undefined
}

/** Git's own smart HTTP: https://git-scm.com/docs/git-http-backend. Returns false for a path that is not of a repository. */
export async function handleGit(
  host: Host,
  request: IncomingMessage,
  response: ServerResponse,
  onPush: (repository: HostRepositoryState, pushed: PushedRef[], by: string) => void,
): Promise<boolean> {
  const { pathname, searchParams, search } = new URL(request.url ?? '/', host.url())
  const [, name = '', service = ''] = SERVICE.exec(pathname) ?? []
  if (!service) return false
  const isPush = service === 'git-receive-pack' || searchParams.get('service') === 'git-receive-pack'
  const repository = host.state.repositories.find(({ path }) => path === name)
  const moved = host.state.repositories.find(({ oldPaths }) => oldPaths.includes(name))
  if (moved) {
    // real hosts do this; a client that follows it would send its credentials to the new place
    response.writeHead(301, { location: `${host.url()}/${moved.path}.git/${service}${search}` }).end()
    return true
  }
  const visitor = gitVisitor(host, request.headers.authorization, repository)
  const login = visitor?.login
  const access = repository && accessOf(repository, login)
  if (!repository || (isPush ? access !== 'write' || !visitor?.mayPush : !access)) {
    const isSignedIn = visitor !== undefined
    response
      .writeHead(isSignedIn ? 404 : 401, { 'www-authenticate': 'Basic realm="Git"' })
      .end(isSignedIn ? 'not found' : 'unauthorized')
    return true
  }
  const folder = host.folderOf(repository)
  const before = isPush ? await refsOf(folder) : undefined
  await backend({ request, response, folder, service, query: search.slice(1), login })
  if (service === 'git-receive-pack' && before) {
    const pushed = changesBetween(before, await refsOf(folder))
    if (pushed.length) onPush(repository, pushed, login ?? '')
  }
  // after onPush, so that a client that has pushed finds its deliveries
  response.end()
  return true
}

interface Backend {
  request: IncomingMessage
  response: ServerResponse
  folder: string
  service: string
  query: string
  login: string | undefined
}

/** One CGI call. Its answer has header lines, an empty line and the body. Does not end the response. */
async function backend({ request, response, folder, service, query, login }: Backend): Promise<void> {
  const { headers, method = 'GET' } = request
  const child = spawn('git', ['http-backend'], {
    env: {
      ...GIT_ENV,
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: `/${service}`,
      QUERY_STRING: query,
      REQUEST_METHOD: method,
      CONTENT_TYPE: headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
      ...(headers['content-length'] && { CONTENT_LENGTH: headers['content-length'] }),
      ...(login !== undefined && { REMOTE_USER: login }),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  response.once('close', () => child.kill())
  // the backend may end before it has read everything
  child.stdin.on('error', () => {})
  request.pipe(child.stdin)
  let head: Buffer = Buffer.alloc(0)
  let isHeadSent = false
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    if (isHeadSent) {
      if (!response.write(chunk)) await once(response, 'drain').catch(() => undefined)
      continue
    }
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end === -1) continue
    isHeadSent = true
    sendHead(response, head.subarray(0, end).toString('latin1'))
    response.write(head.subarray(end + 4))
  }
  if (!isHeadSent) response.writeHead(500)
}

function sendHead(response: ServerResponse, lines: string): void {
  let status = 200
  for (const line of lines.split('\r\n')) {
    const at = line.indexOf(':')
    const [name, value] = [line.slice(0, at), line.slice(at + 1).trim()]
    if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10)
    else response.setHeader(name, value)
  }
  response.writeHead(status)
}

function changesBetween(before: Map<string, string>, after: Map<string, string>): PushedRef[] {
  const names = new Set([...before.keys(), ...after.keys()])
  return [...names]
    .filter((ref) => before.get(ref) !== after.get(ref))
    .map((ref) => ({ ref, before: before.get(ref), after: after.get(ref) }))
}
