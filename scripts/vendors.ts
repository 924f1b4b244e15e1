// npm run vendors -- list | approve SLUG | decline SLUG --reason TEXT: shows the open applications as a vendor, and decides
// one. The applicant gets a mail. Exits 1 when there is no such open application, and 2 when nothing was done.
import { parseArgs } from 'node:util'
import { approveVendor, declineVendor, type OpenApplication, openApplications } from '#domain/vendors'
import { type Db, isOutOfReach, openDatabase } from '../src/platform/database.ts'
import { whereItRuns } from '../sandbox/lock.ts'
import { Refused, sentenceOf } from '../sandbox/refused.ts'
import { data } from '../sandbox/settings.ts'

const USAGE = 'usage: npm run vendors -- list | approve SLUG | decline SLUG --reason TEXT'
const NO_DATABASE = `Set DATABASE_URL, or start the sandbox: nothing runs in ${data}.`

try {
  process.exitCode = (await run(wanted())) ? 0 : 1
} catch (e) {
  console.error(isOutOfReach(e) ? 'The database cannot be reached.' : (sentenceOf(e) ?? e))
  process.exitCode = 2
}

type Wanted =
  { does: 'list' } | { does: 'approve'; slug: string } | { does: 'decline'; slug: string; reason: string }

function wanted(): Wanted {
  const { positionals, values } = argumentsGiven()
  const [does, slug, ...more] = positionals
  if (does === 'list' && slug === undefined && values.reason === undefined) return { does }
  if (slug === undefined || more.length) throw new Refused(USAGE)
  if (does === 'approve' && values.reason === undefined) return { does, slug }
  if (does !== 'decline' || values.reason === undefined) throw new Refused(USAGE)
  return { does, slug, reason: readReason(values.reason) }
}

function argumentsGiven() {
  try {
    return parseArgs({ options: { reason: { type: 'string' } }, allowPositionals: true })
  } catch {
    throw new Refused(USAGE)
  }
}

/** The applicant reads it, also in a mail. */
function readReason(given: string): string {
  const reason = given.trim()
  if (reason.length < 5 || reason.length > 500 || /\p{C}/u.test(reason))
    throw new Refused('A reason has 5 to 500 characters in one line. The applicant reads it.')
  return reason
}

async function run(asked: Wanted): Promise<boolean> {
  const url = process.env.DATABASE_URL || whereItRuns(data)?.database_url
  if (!url) throw new Refused(NO_DATABASE)
  if (!/^postgres(ql)?:\/\//.test(url)) throw new Refused('DATABASE_URL has to be a postgres:// URL.')
  const { db, close } = openDatabase(url, { max: 1 })
  try {
    return asked.does === 'list' ? list(await openApplications(db)) : await decide(db, asked)
  } finally {
    await close()
  }
}

async function decide(db: Db, asked: Exclude<Wanted, { does: 'list' }>): Promise<boolean> {
  const { slug } = asked
  const at = new Date()
  const decision =
    asked.does === 'approve'
      ? await approveVendor(db, { slug, at })
      : await declineVendor(db, { slug, reason: asked.reason, at })
  if (decision === 'done') console.log(`${slug} is ${asked.does}d. The applicant gets a mail.`)
  else if (decision === 'is_approved') console.log(`${slug} is a vendor already; nothing was done.`)
  else console.log(`There is no application for ${slug}.`)
  return decision === 'done'
}

function list(open: readonly OpenApplication[]): true {
  for (const { slug, name, website, org, appliedAt, changedAt } of open) {
    const changed = changedAt ? `, changed ${changedAt.toISOString()}` : ''
    console.log(`${slug}\n  ${name}, ${website ?? 'without a website'}`)
    console.log(`  org ${org}, applied ${appliedAt.toISOString()}${changed}`)
  }
  console.log(open.length === 1 ? '1 open application.' : `${open.length} open applications.`)
  if (open.length)
    console.log('Before you approve one, look at the website, and at who uses that name on Packagist.')
  return true
}
