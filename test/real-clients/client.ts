import fs from 'node:fs'
import path from 'node:path'
import type { Conversation } from './conversation.ts'
import type { Person } from './person.ts'

const FOLDER = path.resolve('tools/real-clients')

/** A real MCP client, as its npm package contains it. */
export interface RealClient {
  name: string
  /** The name of its npm package. */
  package: string
  /** The path of its program in `node_modules`: a script, or a binary for this platform. */
  program: string
  /** It only forwards results and has no model that sees them. */
  hasNoModel?: true
  /** It only checks the list of tools, and runs no conversation. */
  onlyLists?: true
  /** Why it does not sign in by OAuth here, but gets a token. */
  whyToken?: string
  /** Signs in, then runs the conversation in one session of the client. Returns the names of our tools that it offered. */
  converse: (surroundings: Surroundings, conversation: Conversation) => Promise<string[]>
}

export interface Surroundings {
  program: string
  mcp: string
  /** Who signs in for the client. */
  person: Person
  /** For a client that cannot sign in by OAuth here. */
  token: string
  /** An empty home folder for this client only. */
  home: string
  /** Its whole environment. It has no variable of ours, and a proxy that blocks other hosts. */
  env: Record<string, string>
}

export const inPackages = (file: string): string => path.join(FOLDER, 'node_modules', file)

/** The installed version, or an empty text. */
export function versionOf({ package: name }: Pick<RealClient, 'package'>): string {
  const file = inPackages(`${name}/package.json`)
  if (!fs.existsSync(file)) return ''
  return (JSON.parse(fs.readFileSync(file, 'utf8')) as { version: string }).version
}

/** The surroundings of a client: a new home in `dir`, and `outside` as its proxy to other hosts. */
export function surroundingsOf(
  client: RealClient,
  { dir, outside, ...endpoint }: { dir: string; outside: string; mcp: string; person: Person; token: string },
): Surroundings {
  const home = path.join(dir, client.name.replaceAll(/\W+/g, '-'))
  const tmp = path.join(home, 'tmp')
  fs.mkdirSync(tmp, { recursive: true })
  const proxies = { HTTP_PROXY: outside, HTTPS_PROXY: outside, NO_PROXY: '127.0.0.1,localhost' }
  const lower = Object.entries(proxies).map(([name, value]) => [name.toLowerCase(), value])
  const env = {
    PATH: process.env.PATH ?? '',
    LANG: 'C.UTF-8',
    // the pages are for our person, not for whoever sits here
    BROWSER: 'true',
    HOME: home,
    TMPDIR: tmp,
    XDG_CONFIG_HOME: path.join(home, '.config'),
    XDG_DATA_HOME: path.join(home, '.local/share'),
    XDG_STATE_HOME: path.join(home, '.local/state'),
    XDG_CACHE_HOME: path.join(home, '.cache'),
    ...proxies,
    ...(Object.fromEntries(lower) as Record<string, string>),
  }
  return { program: inPackages(client.program), home, env, ...endpoint }
}
