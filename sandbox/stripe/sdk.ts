import fs from 'node:fs'
import path from 'node:path'

/** The folder of the installed SDK. */
export const SDK = path.resolve(import.meta.dirname, '../../node_modules/stripe')

export const sdkVersion = (): string =>
  JSON.parse(fs.readFileSync(path.join(SDK, 'package.json'), 'utf8')).version
