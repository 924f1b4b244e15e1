import { testedWith } from '../compatibility/derive.ts'
import { type Check, checkOf, type Finding, type Inspected } from './check.ts'

/**
 * Finds what Composer accepts but may cause a problem for a buyer. A manifest that `checkManifest` refuses is never
 * published.
 */
export function checkManifestFields({ manifest }: Inspected): Check {
  const found: Finding[] = []
  const isEmpty = (field: string) =>
    !manifest[field] || (Array.isArray(manifest[field]) && !manifest[field].length)
  const missing = ['description', 'license'].filter(isEmpty)
  if (missing.length) found.push(warning(`It has no ${missing.join(' and no ')}.`))
  if (manifest['version'] !== undefined) found.push(warning('It has a version, which the tag already gives.'))
  const required = Object.keys(manifest['require'] ?? {}).map((name) => name.toLowerCase())
  if (manifest['type'] !== 'metapackage' && !required.some((name) => name === 'php' || name === 'php-64bit'))
    found.push(warning('It does not say which PHP it requires.'))
  const unbound = Object.entries(manifest['require'] ?? {}).filter(
    ([, range]) => range === '*' || range === '@dev',
  )
  if (unbound.length) found.push(warning(`It accepts any version of ${unbound.length} of its requirements.`))
  if (!testedWith(manifest))
    found.push(
      warning(
        'Its extra.packagento.tested-with is not shown: it has to be a list of at most 20 releases of Magento, such as 2.4.7 or 2.4.7-p3.',
      ),
    )
  return checkOf('manifest', found, 'The composer.json is complete.')
}

const warning = (message: string): Finding => ({ status: 'warn', message })
