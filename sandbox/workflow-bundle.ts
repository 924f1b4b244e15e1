import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '..')
/** Everything that a workflow may load at run time. The import rules enforce this. */
const SOURCES = ['src/workflows', 'src/contracts', 'src/kernel']

/**
 * Bundles the workflows into one file for the worker, with these files of interceptors. It takes 2 s, once for each state
 * of the sources.
 */
export async function workflowBundle(cache: string, interceptors: readonly string[] = []): Promise<string> {
  const file = path.resolve(cache, `workflows-${fingerprint(interceptors)}.js`)
  if (!fs.existsSync(file)) await bundleWorkflows(file, interceptors)
  return file
}

/** Writes the bundle. The file is complete or absent. */
export async function bundleWorkflows(file: string, interceptors: readonly string[] = []): Promise<void> {
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker') // loaded only when needed, because it is slow to load
  const { code } = await bundleWorkflowCode({
    workflowsPath: path.join(root, 'src/workflows/index.ts'),
    workflowInterceptorModules: interceptors.map((name) => path.join(root, name)),
    logger: new DefaultLogger('WARN'),
  })
  fs.mkdirSync(path.dirname(file), { recursive: true })
  const partial = `${file}.${process.pid}`
  fs.writeFileSync(partial, code)
  fs.renameSync(partial, file)
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
