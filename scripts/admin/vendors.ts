import {
  approveVendor,
  createVendor,
  declineVendor,
  type OpenApplication,
  openApplications,
  VENDOR_TERMS_VERSION,
} from '#domain/vendors'
import { inMarket, Refused } from '../market.ts'
import { type Command, nothing, readLine } from './command.ts'

export const VENDORS: readonly Command[] = [
  {
    usage: 'vendors',
    does: 'lists the open applications as a vendor; the first line of each is its SLUG@MARK',
    run: () => inMarket(async (db) => list(await openApplications(db))),
  },
  {
    usage: 'approve-vendor SLUG@MARK',
    does: 'approves an application as it was listed; the applicant gets a mail',
    run: ([seen]) => decide(seen, undefined),
  },
  {
    usage: 'decline-vendor SLUG@MARK --reason TEXT',
    does: 'declines it; the applicant reads the reason in a mail',
    options: { reason: 'needed' },
    run: ([seen], { reason }) => decide(seen, readLine('A reason, which the applicant reads,', reason)),
  },
  {
    usage: 'create-vendor SLUG --org SLUG --name NAME --website URL --terms VERSION --accepted-by EMAIL',
    does: `makes an approved vendor; its org has accepted the vendor terms elsewhere (now ${VENDOR_TERMS_VERSION})`,
    options: { org: 'needed', name: 'needed', website: 'needed', terms: 'needed', 'accepted-by': 'needed' },
    run: async ([slug = ''], { org = '', name = '', website = '', terms = '', 'accepted-by': by = '' }) => {
      const wanted = { slug, org, name, website, termsVersion: terms, acceptedBy: by, at: new Date() }
      const made = await inMarket((db) => createVendor(db, wanted))
      if (!made) return nothing(`There is no org ${org}, or ${by} has no account.`)
      console.log(`${made.id} is a vendor: ${slug}. ${by} gets a mail.`)
      return true
    },
  },
]

async function decide(seen = '', reason: string | undefined): Promise<boolean> {
  const [, slug, mark] = /^([^@]+)@([0-9a-f]+)$/.exec(seen) ?? []
  if (slug === undefined || mark === undefined)
    throw new Refused('SLUG@MARK is the first line of an application in the list: npm run admin -- vendors.')
  const of = { slug, mark, at: new Date() }
  const decision = await inMarket((db) =>
    reason === undefined ? approveVendor(db, of) : declineVendor(db, { ...of, reason }),
  )
  if (decision === 'changed')
    return nothing(`The application for ${slug} has changed since you looked: look again.`)
  if (decision === 'is_approved') return nothing(`${slug} is a vendor already.`)
  if (decision !== 'done') return nothing(`There is no application for ${slug}.`)
  console.log(`${slug} is ${reason === undefined ? 'approved' : 'declined'}. The applicant gets a mail.`)
  return true
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
