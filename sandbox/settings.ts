import fs from 'node:fs'
import path from 'node:path'

/** The checkout. */
export const root = path.resolve(import.meta.dirname, '..')
if (fs.existsSync(path.join(root, '.env'))) process.loadEnvFile(path.join(root, '.env'))

/** Folder of all that the sandbox keeps. */
export const data = path.resolve(root, process.env.DATA_DIR || '.data')
/** What was fetched or made from the sources: of the checkout, whatever DATA_DIR is. */
export const cache = path.join(root, '.data/bin')
