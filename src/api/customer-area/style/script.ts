import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'

const JS = readFileSync(path.join(import.meta.dirname, '../browser/copy.js'), 'utf8')

/** The only script of our pages: copy buttons (docs/decisions/0060). Its path changes with its content. */
export const COPY_SCRIPT = {
  path: `/assets/copy-${createHash('sha256').update(JS).digest('hex').slice(0, 12)}.js`,
  js: JS,
}
