import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { cruise, type IConfiguration, type ICruiseResult } from 'dependency-cruiser'

const SOURCES = ['src', 'sandbox', 'test']
const NOT_COPIED = new Set(['.git', '.data', 'node_modules'])

/** The rules of .dependency-cruiser.mjs. */
export const { default: rules } = (await import(pathToFileURL('.dependency-cruiser.mjs').href)) as {
  default: IConfiguration
}

/** Checks the imports of these folders below `baseDir`. */
export async function checkImports(folders: string[], baseDir: string): Promise<ICruiseResult> {
  const { forbidden, options } = rules
  const { output } = await cruise(folders, { ...options, ruleSet: { forbidden }, validate: true, baseDir })
  return output as ICruiseResult
}

/** Checks the imports of our own sources, in a copy if need be: dependency-cruiser takes a `#` in a path for a fragment. */
export async function checkOwnImports(): Promise<ICruiseResult> {
  if (!path.resolve().includes('#')) return checkImports(SOURCES, path.resolve())
  const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'imports-'))
  try {
    for (const name of fs.readdirSync('.').filter((name) => !NOT_COPIED.has(name)))
      fs.cpSync(name, path.join(copy, name), { recursive: true })
    fs.symlinkSync(path.resolve('node_modules'), path.join(copy, 'node_modules'))
    return await checkImports(SOURCES, copy)
  } finally {
    fs.rmSync(copy, { recursive: true })
  }
}
