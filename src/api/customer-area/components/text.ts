import { html, type Html } from '../html.ts'

export { editionName } from '#kernel/edition-names'

const TYPES: Record<string, string> = {
  'magento2-module': 'Module',
  'magento2-theme': 'Theme',
  'magento2-language': 'Language pack',
  'magento2-library': 'Library',
  metapackage: 'Suite',
}

/** The package types that have a name, as Composer calls them. */
export const PACKAGE_TYPES: readonly string[] = Object.keys(TYPES)

/** The name of a Composer package type, or the type itself. */
export const typeName = (type: string): string =>
  (Object.hasOwn(TYPES, type) ? TYPES[type] : undefined) ?? type

const DAY = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
})

/** Such as 29 Nov 2026, in UTC. */
export const dayText = (at: Date): Html =>
  html`<time datetime="${at.toISOString()}">${DAY.format(at).replace('Sept', 'Sep')}</time>`

/** Such as 29 Nov 2026, 14:05 UTC. */
export const momentText = (at: Date): Html =>
  html`<time datetime="${at.toISOString()}"
    >${DAY.format(at).replace('Sept', 'Sep')}, ${at.toISOString().slice(11, 16)} UTC</time
  >`
