import { z } from 'zod'
import { findPublicPackage } from '#domain/catalogue'
import { isLink } from '#domain/publishing'
import { PackageNotFound } from '#domain/purchasing'
import { packageName } from '#kernel/schemas'
import { defineTool } from '../../tool.ts'
import { packageRow, shownPackage } from './package-view.ts'

const NEWEST = 10
/** Requirements shown of each version. */
const MOST_REQUIRED = 50

export default defineTool({
  name: 'get_package',
  title: 'Get a package',
  description: `
    One package: prices for each Magento edition, its newest versions with what they require, and the page to show a
    buyer. Next: purchase_and_install_package with dry_run.`,
  scope: 'read',
  deed: 'any',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ package: packageName }),
  output: packageRow.extend({
    url: z.url(),
    versions: z
      .array(
        z.looseObject({
          version: z.string(),
          stability: z.string(),
          released_at: z.string(),
          require: z.record(z.string(), z.string()),
          more_required: z.int().optional().describe('How many are left out'),
        }),
      )
      .describe('The newest 10'),
  }),

  async run({ package: name }, { db, publicUrl }) {
    const found = await findPublicPackage(db, name)
    if (!found) throw new PackageNotFound(name, 'package')
    return {
      ...shownPackage(found),
      url: `${publicUrl}/packages/${name}`,
      versions: found.versions.slice(0, NEWEST).map(({ label, stability, releasedAt, require }) => ({
        version: label,
        stability,
        released_at: releasedAt.toISOString(),
        ...shownRequire(require),
      })),
    }
  },
})

/** Vendors wrote it: what Composer could not read is no requirement, whenever it was published. */
function shownRequire(links: Record<string, string>) {
  const sound = Object.entries(links).filter(([name, constraint]) => isLink(name, constraint))
  const left = sound.length - MOST_REQUIRED
  return {
    require: Object.fromEntries(sound.slice(0, MOST_REQUIRED)),
    ...(left > 0 && { more_required: left }),
  }
}
