import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const root = path.resolve(import.meta.dirname, '..')
/** Everything that a workflow may load at run time. The import rules enforce this. */
const SOURCES = ['src/workflows', 'src/contracts', 'src/kernel']

/** Bundles of earlier states of the sources. */
const KEPT_MS = 24 * 60 * 60 * 1000

/** In a path, the bundler reads them as a loader, a query and a fragment. */
const RESERVED = /[!?#]/

/**
 * Bundles the workflows into one file for the worker, with these files of interceptors. It takes 2 s, once for each state
 * of the sources.
 */
export async function workflowBundle(cache: string, interceptors: readonly string[] = []): Promise<string> {
  const file = path.resolve(cache, `workflows-${fingerprint(interceptors)}.js`)
  if (fs.existsSync(file)) return file
  await bundleWorkflows(file, interceptors)
  removeOld(path.dirname(file))
  return file
}

/** A worker has read its bundle when it polls. */
function removeOld(folder: string): void {
  for (const name of fs.readdirSync(folder).filter((each) => /^workflows-[0-9a-f]{16}\.js$/.test(each))) {
    const old = path.join(folder, name)
    if (Date.now() - fs.statSync(old).mtimeMs > KEPT_MS) fs.rmSync(old, { force: true })
  }
}

/** Writes the bundle. The file is complete or absent. */
export async function bundleWorkflows(file: string, interceptors: readonly string[] = []): Promise<void> {
  await (RESERVED.test(root) ? bundleThroughLink(file, interceptors) : bundle(file, interceptors))
}

async function bundle(file: string, interceptors: readonly string[]): Promise<void> {
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker') // loaded only when needed, because it is slow to load
  const { code } = await bundleWorkflowCode({
    workflowsPath: path.join(root, 'src/workflows/index.ts'),
    workflowInterceptorModules: interceptors.map((name) => path.join(root, name)),
    logger: new DefaultLogger('WARN'),
    // so that a checkout behind a link is read through the link
    webpackConfigHook: (config) => ({
      ...config,
      context: root,
      resolve: { ...config.resolve, symlinks: false },
      resolveLoader: { ...config.resolveLoader, symlinks: false },
    }),
  })
  fs.mkdirSync(path.dirname(file), { recursive: true })
  const partial = `${file}.${process.pid}`
  fs.writeFileSync(partial, code)
  fs.renameSync(partial, file)
}

/** Bundles in a process that knows the checkout only by a link without such characters. */
async function bundleThroughLink(file: string, interceptors: readonly string[]): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'packagento-'))
  const link = path.join(folder, 'checkout')
  try {
    fs.symlinkSync(root, link)
    const keepLinks = ['--preserve-symlinks', '--preserve-symlinks-main']
    const script = path.join(link, 'scripts/bundle-workflows.ts')
    const call = [...keepLinks, script, path.resolve(file), ...interceptors]
    await promisify(execFile)(process.execPath, call, { cwd: link })
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

function fingerprint(interceptors: readonly string[]): string {
  const hash = createHash('sha256')
  hash.update(fs.readFileSync(path.join(root, 'package-lock.json')))
  for (const folder of SOURCES)
    for (const name of fs.readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).sort())
      if (name.endsWith('.ts'))
        hash.update(`${name}\n`).update(fs.readFileSync(path.join(root, folder, name)))
  for (const name of interceptors) hash.update(`${name}\n`).update(fs.readFileSync(path.join(root, name)))
  return hash.digest('hex').slice(0, 16)
}
