import fs from 'node:fs'
import path from 'node:path'
import type { Conversation } from './conversation.ts'

const FOLDER = path.resolve('tools/real-clients')

/** A client of somebody else, as its npm package brings it. */
export interface RealClient {
  name: string
  /** Its npm package. */
  package: string
  /** Its program below `node_modules`: a script, or a binary of the package for this platform. */
  program: string
  /** It only passes results on, and shows them to nobody. */
  hasNoModel?: true
  /** Holds the conversation in one session of the client; answers the names of our tools that it was offered. */
  converse: (surroundings: Surroundings, conversation: Conversation) => Promise<string[]>
}

export interface Surroundings {
  program: string
  mcp: string
  token: string
  /** An empty folder, the client's own. */
  home: string
  /** All the environment that it gets: nothing of ours, and the way to other machines closed. */
  env: Record<string, string>
}

export const inPackages = (file: string): string => path.join(FOLDER, 'node_modules', file)

/** Of what is installed. */
export function versionOf({ package: name }: Pick<RealClient, 'package'>): string {
  const file = inPackages(`${name}/package.json`)
  if (!fs.existsSync(file)) return ''
  return (JSON.parse(fs.readFileSync(file, 'utf8')) as { version: string }).version
}

/** A home of its own below `dir`, and a proxy that lets nothing through. */
export function surroundingsOf(
  client: RealClient,
  { dir, outside, ...endpoint }: { dir: string; outside: string; mcp: string; token: string },
): Surroundings {
  const home = path.join(dir, client.name.replaceAll(/\W+/g, '-'))
  const tmp = path.join(home, 'tmp')
  fs.mkdirSync(tmp, { recursive: true })
  const proxies = { HTTP_PROXY: outside, HTTPS_PROXY: outside, NO_PROXY: '127.0.0.1,localhost' }
  const lower = Object.entries(proxies).map(([name, value]) => [name.toLowerCase(), value])
  const env = {
    PATH: process.env.PATH ?? '',
    LANG: 'C.UTF-8',
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
