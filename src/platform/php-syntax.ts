import { hash } from 'node:crypto'
import { boundedMap } from './bounded-map.ts'
import { type Isolation, isolate, SYSTEM_PATH } from './git/isolation.ts'
import { ProgramFailed, ProgramStopped, streamOf } from './git/program.ts'

const PATIENCE_MS = 60_000
const MOST_KNOWN = 50_000

/** A file that PHP cannot parse, or that it gave up reading. Lines begin with 1. */
export interface SyntaxFault {
  path: string
  line: number | undefined
}

export interface PhpSyntax {
  /** Such as `8.2`. */
  version: string
  /** Parses the files and executes nothing. */
  faultsIn: (
    files: readonly { path: string; bytes: Buffer }[],
    options: { signal: AbortSignal },
  ) => Promise<SyntaxFault[]>
}

// no php.ini, and no extension but the one that parses
const SETTINGS = [
  'extension=tokenizer',
  'display_startup_errors=0',
  'display_errors=0',
  'log_errors=0',
  'memory_limit=512M',
  'open_basedir=/nonexistent',
]
const PHP: readonly [string, ...string[]] = [
  'php',
  '-n',
  ...SETTINGS.flatMap((setting) => ['-d', setting]),
  '-r',
]
const ENVIRONMENT = { PATH: SYSTEM_PATH, LC_ALL: 'C', TZ: 'UTC' }

/** Reads `<length>\n<bytes>` for each file. Writes a line for each: 0, or the line of the first error. */
const PARSE = `
while (($length = fgets(STDIN)) !== false) {
  $code = stream_get_contents(STDIN, (int) $length);
  try { token_get_all($code, TOKEN_PARSE); echo "0\\n"; }
  catch (Error $e) { echo max(1, $e->getLine()), "\\n"; }
}`
const VERSION = `if (function_exists('token_get_all')) echo PHP_MAJOR_VERSION, '.', PHP_MINOR_VERSION;`

/** Undefined when PHP, or its extension tokenizer, is not installed. */
export async function openPhpSyntax(isolation: Isolation): Promise<PhpSyntax | undefined> {
  const version = await versionOf(isolation)
  if (!version) return undefined
  // versions of a package have most files in common
  const sound = boundedMap<string, true>(MOST_KNOWN)
  return {
    version,
    async faultsIn(files, { signal }) {
      const hashed = files.map((file) => ({ ...file, sha256: hash('sha256', file.bytes) }))
      const unknown = hashed.filter(({ sha256 }) => !sound.has(sha256))
      if (!unknown.length) return []
      const lines = await parse(isolation, unknown, signal)
      const faults: SyntaxFault[] = []
      unknown.forEach(({ path, sha256 }, i) => {
        if (lines[i] === 0) sound.set(sha256, true)
        else if (i <= lines.length) faults.push({ path, line: lines[i] })
      })
      return faults
    },
  }
}

/** Ends early when PHP dies at a file. */
async function parse(
  isolation: Isolation,
  files: readonly { bytes: Buffer }[],
  signal: AbortSignal,
): Promise<number[]> {
  const input = files.flatMap(({ bytes }) => [Buffer.from(`${bytes.length}\n`), bytes])
  let printed = ''
  try {
    for await (const chunk of run(isolation, PARSE, { input, signal })) printed += chunk.toString('latin1')
  } catch (e) {
    if (!(e instanceof ProgramStopped || e instanceof ProgramFailed)) throw e
  }
  return printed.split('\n').slice(0, -1).map(Number)
}

async function versionOf(isolation: Isolation): Promise<string | undefined> {
  let printed = ''
  try {
    for await (const chunk of run(isolation, VERSION, { signal: AbortSignal.timeout(PATIENCE_MS) }))
      printed += chunk.toString('latin1')
  } catch (e) {
    if (!(e instanceof ProgramFailed)) throw e
  }
  return printed || undefined
}

function run(
  isolation: Isolation,
  code: string,
  options: { input?: readonly Buffer[]; signal: AbortSignal },
): AsyncGenerator<Buffer> {
  const command = isolate(isolation, { command: [...PHP, code] })
  return streamOf({ command, env: ENVIRONMENT, folder: '/', timeoutMs: PATIENCE_MS, ...options })
}
