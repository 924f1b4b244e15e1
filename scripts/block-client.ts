// npm run client:block -- CLIENT_ID [--undo]: blocks an OAuth client for everybody and ends all its connections. The id is that
// of a registration (pkgc_…) or the URL of a metadata document. Exits 1 when there is no such client, and 2 when nothing was done.
import { parseArgs } from 'node:util'
import { blockClient, unblockClient } from '#domain/connections'
import type { Db } from '../src/platform/database.ts'
import { inMarket, Refused, sentenceOf } from './market.ts'

const USAGE = 'usage: npm run client:block -- CLIENT_ID [--undo]'

try {
  process.exitCode = (await run(wanted())) ? 0 : 1
} catch (e) {
  console.error(sentenceOf(e) ?? e)
  process.exitCode = 2
}

interface Wanted {
  clientId: string
  isUndone: boolean
}

function wanted(): Wanted {
  const { positionals, values } = argumentsGiven()
  const [clientId, ...more] = positionals
  if (!clientId || more.length) throw new Refused(USAGE)
  if (!/^(pkgc_|https:\/\/.{1,1900}$)/.test(clientId))
    throw new Refused('The id of a client begins with pkgc_ or https://. It is in the table connections.')
  return { clientId, isUndone: values.undo ?? false }
}

function argumentsGiven() {
  try {
    return parseArgs({ options: { undo: { type: 'boolean' } }, allowPositionals: true })
  } catch {
    throw new Refused(USAGE)
  }
}

async function run({ clientId, isUndone }: Wanted): Promise<boolean> {
  return inMarket((db) => (isUndone ? undo(db, clientId) : block(db, clientId)))
}

async function block(db: Db, clientId: string): Promise<boolean> {
  const blocked = await blockClient(db, { clientId, at: new Date() })
  const outcome = blocked ? `is blocked. ${blocked.ended.length} connections ended.` : 'is not registered.'
  console.log(`${clientId} ${outcome}`)
  return blocked !== undefined
}

async function undo(db: Db, clientId: string): Promise<boolean> {
  const wasBlocked = await unblockClient(db, clientId)
  console.log(`${clientId} ${wasBlocked ? 'may be connected again.' : 'was not blocked.'}`)
  return wasBlocked
}
