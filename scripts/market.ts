import { DomainError } from '#kernel/errors'
import { ConfigRefused } from '../src/platform/config.ts'
import { type Db, isOutOfReach, openDatabase } from '../src/platform/database.ts'

/** A command cannot do what an operator asked. The message is one sentence with the next step. */
export class Refused extends Error {}

/** Returns the sentence for a person, or undefined for a bug, which is shown with its stack. */
export function sentenceOf(error: unknown): string | undefined {
  if (error instanceof Refused || error instanceof DomainError || error instanceof ConfigRefused)
    return error.message
  if (isOutOfReach(error)) return 'The database cannot be reached.'
  const { code, path: file = 'a file' } = error as NodeJS.ErrnoException
  return code === 'EACCES' || code === 'EPERM'
    ? `${file} cannot be read (${code}): change its owner.`
    : undefined
}

/** Works on the database of `DATABASE_URL`, or else on that of the running sandbox. */
export async function inMarket<T>(act: (db: Db) => Promise<T>): Promise<T> {
  const url = process.env.DATABASE_URL || (await urlOfSandbox())
  if (!/^postgres(ql)?:\/\//.test(url)) throw new Refused('DATABASE_URL has to be a postgres:// URL.')
  const { db, close } = openDatabase(url, { max: 1 })
  try {
    return await act(db)
  } finally {
    await close()
  }
}

/** The origin of links that are printed: that of `PUBLIC_URL`, or else of the running sandbox. */
export async function publicUrl(): Promise<string> {
  const sandbox = process.env.PUBLIC_URL ? undefined : await loadedSandbox()
  const url = process.env.PUBLIC_URL || (sandbox && sandbox.whereItRuns(sandbox.data)?.api)
  if (!url) throw new Refused('Set PUBLIC_URL, as the api has it: the link that is printed begins with it.')
  return url
}

/** The image of production has no sandbox, so it is loaded only here. */
async function urlOfSandbox(): Promise<string> {
  const sandbox = await loadedSandbox()
  if (!sandbox) throw new Refused('Set DATABASE_URL.')
  const { data, whereItRuns } = sandbox
  // its settings may come from .env
  const url = process.env.DATABASE_URL || whereItRuns(data)?.database_url
  if (!url) throw new Refused(`Set DATABASE_URL, or start the sandbox: nothing runs in ${data}.`)
  return url
}

async function loadedSandbox() {
  try {
    return { ...(await import('../sandbox/settings.ts')), ...(await import('../sandbox/lock.ts')) }
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw e
    return undefined
  }
}
