import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import nodePath from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { type Access, type Host, type HostRepositoryState, ownerOf, userNamed } from './state.ts'

export interface SeededRepository {
  path: string
  isPrivate?: boolean
  members?: Record<string, Access>
  /** Oldest first. A version without a tag is only a commit. */
  versions: readonly SeededVersion[]
}

export interface SeededVersion {
  tag?: string
  /** ISO, UTC. */
  at: string
  files: Record<string, string>
}

/** The settings that `git init --bare` would write, and those of a Git host. */
const SETTINGS = `[core]
	repositoryformatversion = 0
	filemode = true
	bare = true
[http]
	receivepack = true
[uploadpack]
	allowFilter = true
	allowAnySHA1InWant = true
`

/** No setting of this machine's Git reaches the repositories. */
export const GIT_ENV = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
}

/** Makes a bare repository with commits and tags. The same input makes the same commits. */
export async function addRepository(host: Host, seeded: SeededRepository): Promise<HostRepositoryState> {
  const known = host.state.repositories.find(({ path }) => path === seeded.path)
  if (known) return known
  const { path, isPrivate = true, members = {}, versions } = seeded
  const repository = { id: host.nextId(), path, isPrivate, members, oldPaths: [] }
  const folder = host.folderOf(repository)
  await makeRepository(folder, versions)
  userNamed(host, ownerOf(repository))
  for (const login of Object.keys(members)) userNamed(host, login)
  host.state.repositories.push(repository)
  host.save()
  return repository
}

/** Runs only one process, because every start of a sandbox makes these repositories. */
export async function makeRepository(folder: string, versions: readonly SeededVersion[]): Promise<void> {
  fs.rmSync(folder, { recursive: true, force: true })
  for (const part of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags'])
    fs.mkdirSync(nodePath.join(folder, part), { recursive: true })
  fs.writeFileSync(nodePath.join(folder, 'HEAD'), 'ref: refs/heads/main\n')
  fs.writeFileSync(nodePath.join(folder, 'config'), SETTINGS)
  // without this setting, a second process unpacks the objects
  const settings = ['-c', 'fastimport.unpackLimit=1']
  await git(['-C', folder, ...settings, 'fast-import', '--quiet'], streamOf(versions))
}

/** The input of `git fast-import`. */
function streamOf(versions: readonly SeededVersion[]): string {
  const data = (content: string) => `data ${Buffer.byteLength(content)}\n${content}\n`
  const commits = versions.map(({ tag, at, files }, i) => {
    const who = `Sandbox <sandbox@example.test> ${Math.floor(Date.parse(at) / 1000)} +0000`
    const contents = Object.entries(files).map(
      ([name, content]) => `M 100644 inline ${JSON.stringify(name)}\n${data(content)}`,
    )
    return [
      `commit refs/heads/main\nmark :${i + 1}\nauthor ${who}\ncommitter ${who}\n${data(tag ?? 'A change')}`,
      'deleteall\n',
      ...contents,
      ...(tag === undefined ? [] : [`\nreset refs/tags/${tag}\nfrom :${i + 1}\n`]),
    ].join('')
  })
  return `${commits.join('\n')}\ndone\n`
}

/** The refs of a repository with their commits. */
export async function refsOf(folder: string): Promise<Map<string, string>> {
  const listed = await git(['-C', folder, 'for-each-ref', '--format=%(refname) %(objectname)'])
  return new Map(
    listed
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' ') as [string, string]),
  )
}

export const git = async (args: readonly string[], input = ''): Promise<string> =>
  (await gitBytes(args, input)).toString('utf8')

export async function gitBytes(args: readonly string[], input = ''): Promise<Buffer> {
  const child = spawn('git', args, { env: GIT_ENV, stdio: ['pipe', 'pipe', 'pipe'] })
  // a command that reads no input may end before
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [out, error, [code]] = await Promise.all([
    buffer(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ])
  if (code !== 0) throw new Error(`git ${args.join(' ')} failed: ${error}`)
  return out
}
