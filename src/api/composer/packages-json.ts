import type { ProjectId } from '#kernel/ids'
import { entitlementsOf, windowsEnding } from '#domain/licensing'
import { approvedVendorSlugs } from '#domain/vendors'
import { type Answer, info } from './answer.ts'
import type { ComposerRegistryOptions } from './options.ts'
import { endsSoon } from './refusals.ts'
import { digestOf } from './digest.ts'

/** Nobody can register this vendor. An empty list would mean "no list", and Composer would ask for every name. */
const NOTHING = 'packagento-reserved/none'
const SOON_MS = 30 * 24 * 60 * 60 * 1000

/**
 * The root of a project's repository: the packages it may install, and the names that Composer requests only here. Those
 * are the names of all approved vendors: a package that was not bought is refused, and not taken from elsewhere.
 */
export async function packagesJson(options: ComposerRegistryOptions, project: ProjectId): Promise<Answer> {
  const { db, publicUrl, now, memory } = options
  const names = (await entitlementsOf(db, project)).map(({ name }) => name)
  const patterns = await memory.recall('patterns', async () =>
    (await approvedVendorSlugs(db)).map((slug) => `${slug}/*`),
  )
  const from = now()
  const ending = await windowsEnding(db, { project, from, to: new Date(from.getTime() + SOON_MS) })
  const infos = ending.map((each) => info(endsSoon(publicUrl, each)))
  const repository = `${publicUrl}/r/${project}`
  const body = {
    packages: [],
    'metadata-url': `${repository}/p2/%package%.json`,
    'available-packages': names.length ? names : [NOTHING],
    ...(patterns.length && { 'available-package-patterns': patterns }),
    'notify-batch': `${publicUrl}/composer/downloads`,
    'security-advisories': { metadata: false, 'api-url': `${publicUrl}/composer/advisories` },
    // always present: without it in a cached root, a client would install versions that were blocked later
    filter: {
      metadata: true,
      lists: { malware: { enabled: true } },
      'summary-url': `${repository}/filter.json`,
    },
    ...(infos.length && { infos }),
  }
  return { status: 200, body, digest: digestOf(body) }
}
