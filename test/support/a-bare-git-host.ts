import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { aSilentLog } from './a-silent-log.ts'
import { type GitReader, openGitReader } from '#platform/git'
import { findIsolation } from '../../src/platform/git/isolation.ts'
import { aGitRepository, type GitRepository } from './a-git-repository.ts'

/** Takes over a request, or leaves it to Git by returning nothing. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => unknown

export interface GitHostForTests {
  /** As in URLs: `127.0.0.1:1234`. */
  name: string
  repository: (name?: string) => GitRepository & { remote: { cloneUrl: string } }
  /** Answers all requests whose URL begins with the path. */
  answer: (path: string, answer: Answer) => void
  /** Changes what Git sends for the packs of a repository. */
  spoil: (path: string, change: (sent: Buffer) => Buffer) => void
  requests: { url: string; authorization: string | undefined }[]
  /** Another reader, with a folder of its own. */
  reader: (name: string, patience?: { list: number; fetch: number }) => Promise<GitReader>
  /** Reads from this host. Its jobs are in `jobs`. */
  git: GitReader
  jobs: string
  stop: () => Promise<void>
}

export const isolation = findIsolation()

/** A host with the real smart HTTP of `git http-backend`, on the loopback address. */
export async function aGitHost(): Promise<GitHostForTests> {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'git-host-'))
  const jobs = path.join(root, 'jobs')
  const answers = new Map<string, Answer>()
  const changes = new Map<string, (sent: Buffer) => Buffer>()
  const requests: GitHostForTests['requests'] = []
  const server = createServer((request, response) => {
    const { url = '' } = request
    requests.push({ url, authorization: request.headers.authorization })
    const answer = answers.get([...answers.keys()].find((each) => url.startsWith(each)) ?? '')
    const change = changes.get([...changes.keys()].find((each) => url.startsWith(each)) ?? '')
    if (answer) answer(request, response)
    else void backend(root, request, response, change)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const name = `127.0.0.1:${(server.address() as AddressInfo).port}`
  let repositories = 0
  const reader: GitHostForTests['reader'] = (folder, patience) =>
    openGitReader({
      hosts: [{ name, allowHttp: true, allowPrivateAddress: true }],
      folder: path.join(root, folder),
      log: aSilentLog,
      isolation,
      ...(patience && { patience }),
    })
  return {
    name,
    repository(given = `r${repositories++}`) {
      const repository = aGitRepository(path.join(root, `${given}.git`))
      return { ...repository, remote: { cloneUrl: `http://${name}/${given}.git` } }
    },
    answer: (begin, answer) => answers.set(begin, answer),
    spoil: (begin, change) => changes.set(begin, change),
    requests,
    jobs,
    reader,
    git: await reader('jobs'),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      fs.rmSync(root, { recursive: true })
    },
  }
}

/** Runs `git http-backend`, which is a CGI program (RFC 3875). */
async function backend(
  root: string,
  request: IncomingMessage,
  response: ServerResponse,
  change: ((sent: Buffer) => Buffer) | undefined,
): Promise<void> {
  const url = new URL(request.url ?? '', 'http://host')
  const child = spawn('git', ['-c', 'uploadpack.allowFilter=true', 'http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: String(request.headers['content-encoding'] ?? ''),
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_ADDR: '127.0.0.1',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  child.stdin.on('error', () => {})
  request.pipe(child.stdin)
  const printed = await buffer(child.stdout)
  const end = printed.indexOf('\r\n\r\n')
  const headers = printed
    .toString('latin1', 0, end)
    .split('\r\n')
    .map((line) => line.split(': ') as [string, string])
  const fields = new Map(headers)
  const status = Number(fields.get('Status')?.slice(0, 3) ?? 200)
  fields.delete('Status')
  const body = printed.subarray(end + 4)
  response.writeHead(status, Object.fromEntries(fields))
  response.end(change && url.pathname.endsWith('/git-upload-pack') ? change(body) : body)
}
