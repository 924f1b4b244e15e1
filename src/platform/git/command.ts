import { type Isolation, isolate, SYSTEM_PATH } from './isolation.ts'
import { outputOf, type Program, streamOf } from './program.ts'
import type { CheckedRemote } from './remote.ts'

/** The same for every command: no settings of this machine or of a person, and no questions. */
const ENVIRONMENT = {
  PATH: SYSTEM_PATH,
  HOME: '/nonexistent',
  LC_ALL: 'C',
  TZ: 'UTC',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: 'false',
  SSH_ASKPASS: 'false',
  GIT_SSH_COMMAND: 'false',
  GIT_PROTOCOL_FROM_USER: '0',
  GIT_NO_LAZY_FETCH: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
}

const SETTINGS = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.bigFileThreshold=20m',
  'credential.helper=',
  'maintenance.auto=false',
  'pack.threads=2',
]

const NETWORK_SETTINGS = [
  // a host that we are redirected to would get the Authorization header
  'http.followRedirects=false',
  'http.lowSpeedLimit=1000',
  'http.lowSpeedTime=20',
  'transfer.fsckObjects=true',
  'transfer.bundleURI=false',
  'fetch.recurseSubmodules=false',
  // keeps the pack as one file
  'fetch.unpackLimit=1',
]

export interface CommandOptions {
  timeoutMs: number
  signal: AbortSignal
  input?: string
}

/** Runs Git in one folder. Each command ends with its process group. */
export interface GitCommand {
  output: (args: readonly string[], options: CommandOptions & { maxBytes: number }) => Promise<Buffer>
  stream: (args: readonly string[], options: CommandOptions) => AsyncGenerator<Buffer, void, undefined>
}

interface Place {
  isolation: Isolation
  folder: string
  /** Without a remote, Git may not use any protocol. */
  remote?: CheckedRemote | undefined
}

export function gitIn(place: Place): GitCommand {
  const programOf = (args: readonly string[], options: CommandOptions): Program => ({
    command: commandOf(place, args),
    env: environmentOf(place),
    folder: place.folder,
    ...options,
  })
  return {
    output: (args, { maxBytes, ...options }) => outputOf(programOf(args, options), maxBytes),
    stream: (args, options) => streamOf(programOf(args, options)),
  }
}

function commandOf({ isolation, folder, remote }: Place, args: readonly string[]): [string, ...string[]] {
  const pin = remote?.pin === undefined ? [] : [`http.curloptResolve=${remote.pin}`]
  const settings = remote ? [...SETTINGS, ...NETWORK_SETTINGS, ...pin] : SETTINGS
  const flags = settings.flatMap((setting) => ['-c', setting])
  return isolate(isolation, {
    command: ['git', `--git-dir=${folder}`, ...flags, ...args],
    folder,
    network: remote !== undefined,
  })
}

function environmentOf({ remote }: Place): Record<string, string> {
  return { ...ENVIRONMENT, GIT_ALLOW_PROTOCOL: remote?.protocol ?? 'none', ...remote?.credential }
}
