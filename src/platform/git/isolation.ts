import { spawnSync } from 'node:child_process'

/** Only system folders: a program that somebody put elsewhere is never run. */
export const SYSTEM_PATH = '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin'

/** How programs are run that read bytes of strangers. Each part is used where it is installed. */
export interface Isolation {
  bubblewrap: boolean
  prlimit: boolean
  setpriv: boolean
}

export interface Isolated {
  command: readonly [string, ...string[]]
  /** The only folder that the program may write to. Without it, there is none. */
  folder?: string
  /** Without it, the program has no network. */
  network?: boolean
}

// bytes, bytes, seconds of processor time; and no file with its memory after a crash
const LIMITS = ['--fsize=536870912', '--as=4294967296', '--cpu=240', '--core=0']

// ends with us even when we are killed, and never gets more rights than it has
const RIGHTS = ['--pdeathsig', 'KILL', '--no-new-privs', '--inh-caps=-all']

const READ_ONLY = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib64',
  '/opt/homebrew',
  '/etc/alternatives',
  '/etc/ssl',
  '/etc/pki',
]
const NAMESPACES = ['--unshare-all', '--die-with-parent', '--new-session', '--cap-drop', 'ALL']
const SYSTEM = [
  ...READ_ONLY.flatMap((folder) => ['--ro-bind-try', folder, folder]),
  '--proc',
  '/proc',
  '--dev',
  '/dev',
  '--tmpfs',
  '/tmp',
]

/** Tries each program: a container may forbid bubblewrap to make its namespaces. */
export function findIsolation(): Isolation {
  const runs = (command: string, args: readonly string[]) =>
    spawnSync(command, args, { env: { PATH: SYSTEM_PATH }, stdio: 'ignore', timeout: 5_000 }).status === 0
  return {
    bubblewrap: runs('bwrap', [...NAMESPACES, ...SYSTEM, '--', 'true']),
    prlimit: runs('prlimit', [...LIMITS, '--', 'true']),
    setpriv: runs('setpriv', [...RIGHTS, '--', 'true']),
  }
}

/**
 * The command that runs another one isolated. bubblewrap: no home, a read-only system, and no network unless it is
 * asked for. prlimit: the size of files, memory and processor time. setpriv: it ends when we end.
 */
export function isolate(
  { bubblewrap, prlimit, setpriv }: Isolation,
  { command, folder, network }: Isolated,
): [string, ...string[]] {
  let isolated: [string, ...string[]] = [...command]
  if (prlimit) isolated = ['prlimit', ...LIMITS, '--', ...isolated]
  if (bubblewrap) {
    const net = network ? ['--share-net'] : []
    const own = folder === undefined ? [] : ['--bind', folder, folder, '--chdir', folder]
    isolated = ['bwrap', ...NAMESPACES, ...net, ...SYSTEM, ...own, '--', ...isolated]
  }
  return setpriv ? ['setpriv', ...RIGHTS, '--', ...isolated] : isolated
}
