import { z } from 'zod'
import {
  findPublicPackage,
  linesOfVersions,
  packagesThatBring,
  requirementsOf,
  type VersionDetails,
  versionDetails,
  versionText,
} from '#domain/catalogue'
import { isLink } from '#domain/publishing'
import { notInShop } from '#domain/cart'
import { packageArgument } from '#kernel/schemas'
import { EXCERPT, foreignName, foreignText, SUMMARY } from '../../call/foreign-text.ts'
import { fitting } from '../../call/page.ts'
import { detail, responseFormat, shaped } from '../../call/shape.ts'
import { defineTool } from '../../call/tool.ts'
import { packageDetails, shownLines, shownPackage } from './package-view.ts'

const NEWEST = 10
/** In characters. Longer than the excerpt, because the excerpt leaves out URLs. */
const README_READ = EXCERPT * 20
/** How many requirements of each version are shown. */
const MAX_REQUIRED = 50

const versionRow = z.looseObject({
  version: z.string(),
  released_at: z.string(),
  works_with: detail(z.string().describe('Magento versions')),
  stability: detail(z.string()),
  vendor_text: detail(z.looseObject({ require: z.record(z.string(), z.string()) })),
  more_required: detail(z.int().describe('How many are left out')),
})

export default defineTool({
  kind: 'read',
  name: 'get_package',
  title: 'Get a package',
  description: `
    Shows one package: prices for each Magento edition, the Magento versions it works with, its newest versions, and the page to show a buyer; detailed:
    what each version requires, and the vendor's README. Next: purchase_and_install_package with dry_run.`,
  scope: 'read',
  permission: 'any',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ package: packageArgument, response_format: responseFormat }),
  output: packageDetails.extend({
    versions: z.array(versionRow).describe('The newest 10'),
    more_versions: z.int().optional().describe('How many are left out'),
  }),

  async run({ package: name, response_format: format = 'concise' }, { db, publicUrl }) {
    const found = await findPublicPackage(db, name)
    if (!found) throw notInShop(name, await packagesThatBring(db, name), 'package')
    const { price_from: _, vendor_text, ...shown } = shownPackage(found, publicUrl)
    const newest = found.versions.slice(0, NEWEST)
    const read = format === 'concise' ? [] : newest.map(({ id }) => id)
    const required = await requirementsOf(db, read)
    const lines = await linesOfVersions(db, read)
    const about = found.newest && format !== 'concise' ? await versionDetails(db, found.newest.id) : undefined
    const readme =
      found.newest && (await versionText(db, { id: found.newest.id, kind: 'readme', length: README_READ }))
    const versions = newest.map(({ id, label, stability, releasedAt }) => ({
      version: foreignName(label),
      released_at: releasedAt.toISOString(),
      works_with: shownWorksWith(lines.get(id)?.worksWith),
      stability,
      ...shownRequire(required.get(id) ?? {}),
    }))
    // measures the versions in the form that is shown
    const { length } = fitting(versions.map((version) => shaped(versionRow, version, format)))
    const shownVersions = versions.slice(0, length)
    const omitted = found.versions.length - length
    return {
      ...shown,
      works_with: shownWorksWith(found.magento.latest),
      installs: found.installs,
      versions: shownVersions,
      ...(omitted > 0 && { more_versions: omitted }),
      vendor_text: {
        ...vendor_text,
        ...(about && shownAbout(about)),
        ...(readme && { readme: foreignText(readme, EXCERPT) }),
      },
    }
  },
})

/** A model gets the host or the e-mail address, but no URL. */
const shownAbout = ({ licences, support }: Pick<VersionDetails, 'licences' | 'support'>) => ({
  ...(licences.length && { license: foreignName(licences.join(' or ')) }),
  ...(support.length && {
    support: foreignText(support.map(({ kind, shown }) => `${kind}: ${shown}`).join(', '), SUMMARY),
  }),
})

const shownWorksWith = (lines: readonly string[] | undefined) =>
  lines ? shownLines(lines) : 'says nothing about Magento versions'

/** Returns the requirements that Composer can read. A vendor wrote them, so others may be among them. */
function shownRequire(links: Record<string, string>) {
  const valid = Object.entries(links).filter(([name, constraint]) => isLink(name, constraint))
  const omitted = valid.length - MAX_REQUIRED
  return {
    vendor_text: { require: Object.fromEntries(valid.slice(0, MAX_REQUIRED)) },
    ...(omitted > 0 && { more_required: omitted }),
  }
}
