// npm run vendors -- list | approve SLUG@MARK | decline SLUG@MARK --reason TEXT: shows the open applications as a vendor,
// and decides one, as it was shown. The applicant gets a mail. Exits 1 when there is no such open application or it has
// changed since, and 2 when nothing was done.
import { parseArgs } from 'node:util'
import { approveVendor, declineVendor, type OpenApplication, openApplications } from '#domain/vendors'
import type { Db } from '../src/platform/database.ts'
import { inMarket, Refused, sentenceOf } from './market.ts'

const USAGE = `usage: npm run vendors -- list | approve SLUG@MARK | decline SLUG@MARK --reason TEXT
SLUG@MARK is the first line of an application in the list.`

try {
  process.exitCode = (await run(wanted())) ? 0 : 1
} catch (e) {
  console.error(sentenceOf(e) ?? e)
  process.exitCode = 2
}

interface Seen {
  slug: string
  mark: string
}
type Wanted = { does: 'list' } | ({ does: 'approve' } & Seen) | ({ does: 'decline'; reason: string } & Seen)

function wanted(): Wanted {
  const { positionals, values } = argumentsGiven()
  const [does, seen, ...more] = positionals
  if (does === 'list' && seen === undefined && values.reason === undefined) return { does }
  const [, slug, mark] = /^([^@]+)@([0-9a-f]+)$/.exec(seen ?? '') ?? []
  if (slug === undefined || mark === undefined || more.length) throw new Refused(USAGE)
  if (does === 'approve' && values.reason === undefined) return { does, slug, mark }
  if (does !== 'decline' || values.reason === undefined) throw new Refused(USAGE)
  return { does, slug, mark, reason: readReason(values.reason) }
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
  return inMarket(async (db) =>
    asked.does === 'list' ? list(await openApplications(db)) : decide(db, asked),
  )
}

async function decide(db: Db, asked: Exclude<Wanted, { does: 'list' }>): Promise<boolean> {
  const { slug, mark } = asked
  const of = { slug, mark, at: new Date() }
  const decision =
    asked.does === 'approve'
      ? await approveVendor(db, of)
      : await declineVendor(db, { ...of, reason: asked.reason })
  if (decision === 'done') console.log(`${slug} is ${asked.does}d. The applicant gets a mail.`)
  else if (decision === 'changed')
    console.log(`The application for ${slug} has changed since you looked; nothing was done. Look again.`)
  else if (decision === 'is_approved') console.log(`${slug} is a vendor already; nothing was done.`)
  else console.log(`There is no application for ${slug}.`)
  return decision === 'done'
}

function list(open: readonly OpenApplication[]): true {
  for (const { slug, mark, name, website, org, appliedAt, changedAt, namesakes } of open) {
    const changed = changedAt ? `, changed ${changedAt.toISOString()}` : ''
    console.log(`${slug}@${mark}\n  ${name}, ${website ?? 'without a website'}`)
    console.log(`  org ${org}, applied ${appliedAt.toISOString()}${changed}`)
    if (namesakes.length) console.log(`  That name is also the name of ${shortened(namesakes)}.`)
  }
  console.log(open.length === 1 ? '1 open application.' : `${open.length} open applications.`)
  if (open.length)
    console.log('Before you approve one, look at the website, and at who uses that name on Packagist.')
  return true
}

function shortened(slugs: readonly string[], most = 5): string {
  const more = slugs.length > most ? ` and ${slugs.length - most} more` : ''
  return slugs.slice(0, most).join(', ') + more
}
