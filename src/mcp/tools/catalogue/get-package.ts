import { z } from 'zod'
import { findPublicPackage } from '#domain/catalogue'
import { PackageNotFound } from '#domain/purchasing'
import { packageName } from '#kernel/schemas'
import { defineTool } from '../../tool.ts'
import { packageRow, shownPackage } from './package-view.ts'

const NEWEST = 10

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
        require,
      })),
    }
  },
})
