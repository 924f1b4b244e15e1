import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onPath } from '../../sandbox/engines/process.ts'
import { optionalOutsideCi } from '../support/optional-outside-ci.ts'

const BIN = path.resolve('.data/bin')
const READY_MS = 30_000

/** A real program of other people, with which we exchange real messages. Its tests are in `<name>.test.ts`. */
export interface Peer {
  name: string
  version: string
  /** How long the build takes and what it needs, for the person who waits. */
  takes: string
  /** Makes the program in the folder and returns its path. Throws a sentence when this machine cannot. */
  build: (folder: string) => Promise<string>
}

/**
 * The program of a peer, built once into `.data/bin`. Where it cannot be built, it says why and returns undefined: the
 * tests of the peer are then skipped and counted. In CI it throws.
 */
export function programOf({ name, version, takes, build }: Peer): Promise<string | undefined> {
  return optionalOutsideCi(buildOnce())

  async function buildOnce(): Promise<string> {
    const program = path.join(BIN, `${name}-${version}`)
    if (fs.existsSync(program)) return program
    console.log(`  Building ${name} ${version}: ${takes} …`)
    fs.mkdirSync(BIN, { recursive: true })
    const folder = fs.mkdtempSync(path.join(BIN, `.${name}-`))
    try {
      // the last step, so that an interrupted build leaves no half program
      fs.renameSync(await build(folder), program)
    } catch (error) {
      throw new Error(`The peer ${name} is skipped: ${(error as Error).message}`, { cause: error })
    } finally {
      fs.rmSync(folder, { recursive: true, force: true })
    }
    return program
  }
}

/** Builds a program from the Go module proxy; returns its path in the folder. */
export async function goInstall(module: string, folder: string): Promise<string> {
  const go = onPath('go') ?? ['/usr/local/go/bin/go'].find((file) => fs.existsSync(file))
  if (!go) throw new Error('there is no Go on this machine.')
  const env = { ...process.env, GOBIN: folder, CGO_ENABLED: '0', GOFLAGS: '-trimpath' }
  const child = spawn(go, ['install', module], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  const [made] = fs.readdirSync(folder)
  if (code !== 0 || !made) throw new Error(`go install ${module} failed.\n${said.slice(-500)}`)
  return path.join(folder, made)
}

/**
 * Starts the program of a peer in an empty folder, and waits until the URL answers, with 200 unless told. `stop` ends it and removes
 * the folder.
 */
export async function startPeer(
  program: string,
  {
    args,
    env = {},
    readyAt,
    isReady = ({ ok }) => ok,
  }: {
    args: readonly string[]
    env?: Record<string, string>
    readyAt: string
    isReady?: (answer: Response) => boolean
  },
): Promise<{ stop: () => Promise<void> }> {
  const cwd = fs.mkdtempSync(path.join(os.tmpdir(), 'peer-'))
  const own = { PATH: process.env.PATH ?? '', HOME: cwd, ...env }
  const child = spawn(program, args, { cwd, env: own, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = once(child, 'exit')
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      const patience = setTimeout(kill, 5_000)
      await ended
      clearTimeout(patience)
    }
    process.off('exit', kill)
    fs.rmSync(cwd, { recursive: true, force: true })
  }
  for (const until = Date.now() + READY_MS; Date.now() < until && child.exitCode === null; await sleep(50))
    if (await fetch(readyAt).then(isReady, () => false)) return { stop }
  await stop()
  throw new Error(`${path.basename(program)} was not ready at ${readyAt}:\n${said.slice(-1000)}`)
}
