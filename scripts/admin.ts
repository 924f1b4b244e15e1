// npm run admin -- list | show ID | done ID --note TEXT: what needs an operator. Exits 1 when there is no such entry or it is
// over, and 2 when nothing was done.
import { parseArgs } from 'node:util'
import { type Db, isOutOfReach, openDatabase } from '../src/platform/database.ts'
import { whereItRuns } from '../sandbox/lock.ts'
import { Refused, sentenceOf } from '../sandbox/refused.ts'
import { data } from '../sandbox/settings.ts'
import { done, list, show } from './admin/incidents.ts'

const USAGE = 'usage: npm run admin -- list | show ID | done ID --note TEXT'
const NO_DATABASE = `Set DATABASE_URL, or start the sandbox: nothing runs in ${data}.`

try {
  process.exitCode = (await run(wanted())) ? 0 : 1
} catch (e) {
  console.error(isOutOfReach(e) ? 'The database cannot be reached.' : (sentenceOf(e) ?? e))
  process.exitCode = 2
}

/** Returns whether it was done. */
type Command = (db: Db) => Promise<boolean>

function wanted(): Command {
  const { positionals, values } = argumentsGiven()
  const [command, id, ...more] = positionals
  const { note } = values
  if (more.length || (note !== undefined) !== (command === 'done')) throw new Refused(USAGE)
  if (command === 'list' && id === undefined) return list
  if (command === 'show' && id !== undefined) return (db) => show(db, id)
  if (command === 'done' && id !== undefined) return (db) => done(db, { id, note: readNote(note ?? '') })
  throw new Refused(USAGE)
}

function argumentsGiven() {
  try {
    return parseArgs({ options: { note: { type: 'string' } }, allowPositionals: true })
  } catch {
    throw new Refused(USAGE)
  }
}

/** It says what was found and done, for the next operator. */
function readNote(given: string): string {
  const note = given.trim()
  if (note.length < 5 || note.length > 500 || /\p{C}/u.test(note))
    throw new Refused('A note has 5 to 500 characters in one line. It says what you found and did.')
  return note
}

async function run(command: Command): Promise<boolean> {
  const url = process.env.DATABASE_URL || whereItRuns(data)?.database_url
  if (!url) throw new Refused(NO_DATABASE)
  if (!/^postgres(ql)?:\/\//.test(url)) throw new Refused('DATABASE_URL has to be a postgres:// URL.')
  const { db, close } = openDatabase(url, { max: 1 })
  try {
    return await command(db)
  } finally {
    await close()
  }
}
