import { rememberingCompare } from '#kernel/composer-version/compare'
import { intersects } from '#kernel/composer-version/intersects'
import { normalize } from '#kernel/composer-version/normalize'
import { parseConstraint } from '#kernel/composer-version/parse-constraint'
import { sortVersions } from '#kernel/composer-version/sort'
import { isMagentoRelease, MAGENTO_RELEASES, type MagentoLine, RELEASES_REVISION } from '#kernel/magento'
import type { Manifest } from '../manifest/subject.ts'
import { isGiven, isPhpArray, isText } from '../manifest/values.ts'

/** What a manifest says about Magento, as it is stored. */
export interface Compatibility {
  /** Undefined: it says nothing about Magento. Empty: it allows no line that is known. */
  worksWith: MagentoLine[] | undefined
  /** The releases with which the vendor says that it was tested. */
  testedWith: string[]
  derivedBy: number
}

/**
 * The packages of Magento whose versions are known, by what they are numbered. Modules of Magento have numbers of their own,
 * which are not known here. Mage-OS replaces those of Magento Open Source in the same versions.
 */
const OF_OPEN_SOURCE = {
  'magento/framework': 'framework',
  'magento/product-community-edition': 'line',
  'magento/magento2-base': 'line',
} as const
const OF_COMMERCE = {
  'magento/product-enterprise-edition': 'line',
  'magento/magento2-ee-base': 'line',
} as const

type Numbers = 'framework' | 'line'
type Core = Readonly<Record<string, Numbers>>

/** More patches than a line ever got, so that a new patch changes nothing. */
const MOST_PATCHES = 30

export const compatibilityIn = (manifest: Manifest): Compatibility => ({
  worksWith: worksWith(manifest),
  testedWith: testedWith(manifest) ?? [],
  derivedBy: RELEASES_REVISION,
})

/**
 * The lines of which Composer installs a release beside the package: one that each `require` of Magento allows and no
 * `conflict` forbids.
 */
function worksWith(manifest: Manifest): MagentoLine[] | undefined {
  const required = linksTo({ ...OF_OPEN_SOURCE, ...OF_COMMERCE }, manifest['require'])
  // who conflicts with Commerce still works with Open Source, which Commerce contains
  const forbidden = linksTo(OF_OPEN_SOURCE, manifest['conflict'])
  if (!required.length && !forbidden.length) return undefined
  const order = rememberingCompare()
  const allows = ({ constraint, of }: CoreLink, release: Release) =>
    constraint !== undefined && intersects(constraint, { operator: '==', version: release[of] }, order)
  const fits = (release: Release) =>
    required.every((link) => allows(link, release)) && !forbidden.some((link) => allows(link, release))
  return MAGENTO_RELEASES.filter((_, at) => RELEASES[at]?.some(fits)).map(({ line }) => line)
}

/** One release of a line, with normalized versions. */
type Release = Record<Numbers, string>

/** By line. */
const RELEASES: readonly Release[][] = MAGENTO_RELEASES.map(({ line, framework }) =>
  ['', ...Array.from({ length: MOST_PATCHES }, (_, n) => `-p${n + 1}`)].map((patch) => ({
    line: normalize(`${line}${patch}`),
    framework: normalize(`${framework}${patch}`),
  })),
)

interface CoreLink {
  /** Undefined for one that Composer cannot read: it allows nothing. */
  constraint: ReturnType<typeof parseConstraint>
  of: Numbers
}

function linksTo(core: Core, links: unknown): CoreLink[] {
  if (!isPhpArray(links)) return []
  return Object.entries(links).flatMap(([written, constraint]) => {
    const name = written.toLowerCase()
    const of = Object.hasOwn(core, name) ? core[name] : undefined
    return of ? [{ of, constraint: isText(constraint) ? parseConstraint(constraint) : undefined }] : []
  })
}

/** A longer list is too long for a person to read. */
const MOST_TESTED = 20
const FIELD = 'tested-with'

/** What `extra.packagento.tested-with` says. Empty when it is not there, undefined when it is not readable. */
export function testedWith(manifest: Manifest): string[] | undefined {
  const { extra } = manifest
  const own = isPhpArray(extra) && Object.hasOwn(extra, 'packagento') ? extra['packagento'] : undefined
  const given = isPhpArray(own) && Object.hasOwn(own, FIELD) ? own[FIELD] : undefined
  if (!isGiven(given)) return []
  const isReadable =
    Array.isArray(given) &&
    given.length <= MOST_TESTED &&
    given.every((each) => isText(each) && isMagentoRelease(each))
  return isReadable ? sortVersions([...new Set(given as string[])]) : undefined
}
