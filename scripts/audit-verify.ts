// npm run audit:verify [-- FILE]: checks the hash chains of the database, or of a downloaded NDJSON file. Exits 1 when an
// event was changed, removed or moved, and 2 when nothing could be checked.
import fs from 'node:fs'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { headsHash, verifyAllChains, verifyExport } from '#domain/audit'
import type { Db } from '../src/platform/database.ts'
import { inMarket, Refused, sentenceOf } from './market.ts'

const USAGE = 'usage: npm run audit:verify [-- FILE]'

try {
  const isIntact = await verify()
  process.exitCode = isIntact ? 0 : 1
} catch (e) {
  console.error(sentenceOf(e) ?? e)
  process.exitCode = 2
}

async function verify(): Promise<boolean> {
  const file = fileWanted()
  if (file !== undefined) return verifyFile(file)
  return inMarket((db) => verifyDatabase(db))
}

function fileWanted(): string | undefined {
  try {
    const { positionals } = parseArgs({ options: {}, allowPositionals: true })
    if (positionals.length > 1) throw new Refused(USAGE)
    return positionals[0]
  } catch (e) {
    throw e instanceof Refused ? e : new Refused(USAGE)
  }
}

async function verifyFile(file: string): Promise<boolean> {
  if (!fs.statSync(file, { throwIfNoEntry: false })?.isFile()) throw new Refused(`There is no file ${file}.`)
  const verdict = await verifyExport(
    createInterface({ input: fs.createReadStream(file), crlfDelay: Infinity }),
  )
  if (verdict.intact) console.log(`${verdict.chain}: intact, ${verdict.events} events.`)
  else console.log(faultOf(verdict))
  return verdict.intact
}

async function verifyDatabase(db: Db): Promise<boolean> {
  let [chains, events, faults] = [0, 0, 0]
  for await (const verdict of verifyAllChains(db)) {
    chains += 1
    events += verdict.events
    if (verdict.intact) continue
    faults += 1
    console.log(faultOf(verdict))
  }
  const heads = await headsHash(db)
  console.log(`${chains} chains, ${events} valid events, ${faults ? `${faults} broken` : 'all intact'}.`)
  console.log(`Hash over the heads of ${heads.chains} chains: ${heads.hash}`)
  return !faults
}

function faultOf({ chain, brokenAt }: { chain: string | undefined; brokenAt: number }): string {
  return `${chain ?? 'The file'}: broken at event ${brokenAt}.`
}
