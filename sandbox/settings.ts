import fs from 'node:fs'
import path from 'node:path'
import { keepKnown, keepLoopbackDirect } from './environment.ts'

/** The folder of the checkout. */
export const root = path.resolve(import.meta.dirname, '..')
if (fs.existsSync(path.join(root, '.env'))) process.loadEnvFile(path.join(root, '.env'))
keepKnown(process.env)
keepLoopbackDirect(process.env)

/** The folder of all data of the sandbox. */
export const data = path.resolve(root, process.env.DATA_DIR || '.data')
/** The folder of downloads and build results. It belongs to the checkout and does not depend on DATA_DIR. */
export const cache = path.join(root, '.data/bin')
