import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { builtOf, copiedBy, stagesOf } from '../../test/support/dockerfile.ts'

const root = path.resolve(import.meta.dirname, '../..')
const NEWER_NPM = ['exec', '--yes', '--package=npm@11.16.0', '--']

/** The folder of an image as the Dockerfile makes it, without Docker: the same files, packages and bundle. */
export interface Image {
  app: string
  node: string
  megabytes: number
}

export function makeImage(dir: string): Image {
  const app = path.join(dir, 'app')
  const node = path.join(dir, 'node')
  const stages = stagesOf(fs.readFileSync(path.join(root, 'Dockerfile'), 'utf8'))
  const copied = ['dependencies', 'market'].flatMap((stage) => copiedBy(builtOf(stages, stage)))
  for (const from of copied)
    fs.cpSync(path.join(root, from), path.join(app, path.normalize(from)), { recursive: true })
  fs.copyFileSync(process.execPath, node)
  fs.chmodSync(node, 0o755)
  const quiet = ['--loglevel=error', '--no-progress']
  run('npm', [...NEWER_NPM, 'npm', 'ci', '--omit=dev', '--ignore-scripts', ...quiet], app)
  run(
    process.execPath,
    [path.join(root, 'scripts/bundle-workflows.ts'), path.join(app, 'workflows.js')],
    root,
  )
  const [kilobytes = '0'] = run('du', ['-sk', app], root).split(/\s/)
  return { app, node, megabytes: Math.round(Number(kilobytes) / 1024) }
}

const run = (program: string, args: readonly string[], cwd: string) =>
  execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
