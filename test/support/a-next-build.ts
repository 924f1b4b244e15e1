import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { inject } from 'vitest'

/** The workflows of this checkout in which somebody has changed one line. */
export function aNextBuild(changed: (code: string) => string): { bundle: string; remove: () => void } {
  const code = fs.readFileSync(inject('workflowBundle'), 'utf8')
  const changedCode = changed(code)
  if (changedCode === code) throw new Error('the bundled workflows have no such line any more')
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'next-build-'))
  const bundle = path.join(folder, 'workflows.js')
  fs.writeFileSync(bundle, changedCode)
  return { bundle, remove: () => fs.rmSync(folder, { recursive: true }) }
}

const RECHECK = /^.*await \S+\.recheckPurchase\(lineStep\(line, story\)\);\n/m

/** One more step before each charge: a purchase is checked twice. */
export const checkingTwice = (code: string): string => code.replace(RECHECK, (line) => line + line)

/** The same behind a patch, so that only runs that begin from now on are checked twice. */
export const checkingTwicePatched = (code: string): string =>
  code.replace(
    RECHECK,
    (line) => `if (_temporalio_workflow__WEBPACK_IMPORTED_MODULE_0__.patched('checks-twice')) ${line}${line}`,
  )
