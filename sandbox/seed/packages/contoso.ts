import type { SeededRepository, SeededVersion } from '../../git/index.ts'
import { library, magentoModule, phpClass } from './magento.ts'

const VERSIONS = ['1.0.0', '1.1.0', '1.2.0-beta1'] as const

/** What the new vendor has on a Git host and has not published yet. One tag of each is no version. */
export const newVendorRepositories = (): SeededRepository[] => [
  { path: 'contoso/module-gifts', versions: [...VERSIONS.map(giftsAt), nightly(giftsAt)] },
  { path: 'contoso/wrapping', versions: [...VERSIONS.map(wrappingAt), nightly(wrappingAt)] },
]

type VersionAt = (version: string, index: number) => SeededVersion

const nightly = (at: VersionAt): SeededVersion => ({ ...at('1.2.0', VERSIONS.length), tag: 'nightly' })

const dayOf = (index: number) => `2026-0${index + 5}-03T08:00:00Z`

const giftsAt: VersionAt = (version, index) => ({
  tag: `v${version}`,
  at: dayOf(index),
  files: magentoModule({
    name: 'contoso/module-gifts',
    module: 'Contoso_Gifts',
    description: 'Gift cards and gift wrapping.',
    changes: [[version, index ? 'Wrapping has a price.' : 'First release.']],
    require: { 'contoso/wrapping': '^1.0' },
    files: {
      'Model/Gift.php': phpClass(
        'Contoso\\Gifts\\Model',
        `final class Gift\n{\n    public const VERSION = '${version}';\n}`,
      ),
    },
  }),
})

const wrappingAt: VersionAt = (version, index) => ({
  tag: version,
  at: dayOf(index),
  files: library({
    name: 'contoso/wrapping',
    description: 'Sizes of paper for parcels.',
    namespace: 'Contoso\\Wrapping',
    changes: [[version, index ? 'Knows round boxes.' : 'First release.']],
    files: {
      'src/Paper.php': phpClass(
        'Contoso\\Wrapping',
        `final class Paper\n{\n    public const VERSION = '${version}';\n}`,
      ),
    },
  }),
})
