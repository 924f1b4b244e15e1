// npm run log:verify -- URL [--zip FILE|SHA256] [--seen FILE]: checks the transparency log of a market, or that it has a zip.
// Exits 1 when something is wrong, and 2 when nothing could be checked.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { Refused, sentenceOf } from '../sandbox/refused.ts'
import { data } from '../sandbox/settings.ts'
import { logAt, Unreadable } from './log-verify/source.ts'
import { Fault, type Seen, verifyEverything, verifyZip } from './log-verify/verify.ts'

const USAGE = 'usage: npm run log:verify -- URL [--zip FILE|SHA256] [--seen FILE]'

try {
  await verify()
} catch (e) {
  console.error(e instanceof Fault || e instanceof Unreadable ? e.message : (sentenceOf(e) ?? e))
  process.exitCode = e instanceof Fault ? 1 : 2
}

async function verify(): Promise<void> {
  const { origin, zip, seenFile } = given()
  const log = logAt(origin)
  const before = readSeen(seenFile)
  if (zip === undefined) {
    const { head, seen } = await verifyEverything(log, before)
    keepSeen(seenFile, seen)
    console.log(`${origin}: all ${head.size} entries are in the signed log.`)
  } else {
    const { head, seen, entries } = await verifyZip(log, zip, before)
    keepSeen(seenFile, seen)
    for (const { leaf, kind, package: name, version, commit, logged_at } of entries)
      console.log(`Entry ${leaf}: ${kind} ${name} ${version}, commit ${commit}, ${logged_at}.`)
    console.log(`They are in the signed log of ${head.size} entries.`)
  }
  const continued = before ? 'It continues what an earlier check saw.' : 'This is the first check.'
  console.log(`${continued} What it saw is in ${seenFile}.`)
}

function given(): { origin: string; zip: string | undefined; seenFile: string } {
  const { values, positionals } = parsed()
  const [url] = positionals
  if (url === undefined || positionals.length > 1) throw new Refused(USAGE)
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new Refused(`${url} is not the URL of a market.`)
  const { origin, host } = new URL(url)
  const seenFile = values.seen ?? path.join(data, 'logs', `${host.replaceAll(/[^\w.-]/g, '_')}.json`)
  return { origin, seenFile, zip: values.zip === undefined ? undefined : sha256Of(values.zip) }
}

function parsed() {
  try {
    return parseArgs({
      options: { zip: { type: 'string' }, seen: { type: 'string' } },
      allowPositionals: true,
    })
  } catch {
    throw new Refused(USAGE)
  }
}

function sha256Of(zip: string): string {
  if (/^[0-9a-f]{64}$/i.test(zip)) return zip.toLowerCase()
  if (!fs.statSync(zip, { throwIfNoEntry: false })?.isFile()) throw new Refused(`There is no file ${zip}.`)
  return createHash('sha256').update(fs.readFileSync(zip)).digest('hex')
}

function readSeen(file: string): Seen | undefined {
  if (!fs.existsSync(file)) return undefined
  try {
    const { key, head, leaves } = JSON.parse(fs.readFileSync(file, 'utf8')) as Partial<Seen>
    if ([key, head, leaves].every((each) => typeof each === 'string')) return { key, head, leaves } as Seen
  } catch {
    // said below
  }
  throw new Refused(`${file} is not what an earlier check saw. Remove it to begin again.`)
}

function keepSeen(file: string, seen: Seen): void {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  // a whole file or none
  fs.writeFileSync(`${file}.new`, `${JSON.stringify(seen)}\n`)
  fs.renameSync(`${file}.new`, file)
}
