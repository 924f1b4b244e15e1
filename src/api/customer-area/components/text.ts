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

/** Such as 29 Nov 2026, in UTC, where no markup can be. */
export const dayWords = (at: Date): string => DAY.format(at).replace('Sept', 'Sep')

/** Several facts in one line. A dot stands before each but the first one of a line, also when the line wraps. */
export const dotted = (facts: readonly (Html | string | undefined | false)[]): Html =>
  html`<span class="dotted"
    >${facts
      .filter((fact) => fact !== undefined && fact !== false)
      .map((fact) => html`<span>${fact}</span> `)}</span
  >`

/** Such as Nov 2026 for `2026-11`. */
export const monthWords = (month: string): string => dayWords(new Date(`${month}-01T00:00:00Z`)).slice(2)

/** Such as 29 Nov 2026, in UTC. */
export const dayText = (at: Date): Html => html`<time datetime="${at.toISOString()}">${dayWords(at)}</time>`

/** Such as 29 Nov 2026, 14:05 UTC. */
export const momentText = (at: Date): Html => timeText(at, 'HH:MM'.length)

/** Such as 29 Nov 2026, 14:05:09 UTC. */
export const secondText = (at: Date): Html => timeText(at, 'HH:MM:SS'.length)

/** Unused keys whose end nobody has to care about are not said to end soon. */
export const endOfKeys = (at: Date, { endsIfUnused }: { endsIfUnused: boolean }): Html =>
  endsIfUnused ? html`· ends ${dayText(at)} unless used before` : html`· works until ${dayText(at)}`

const timeText = (at: Date, length: number): Html =>
  html`<time datetime="${at.toISOString()}"
    >${dayWords(at)}, ${at.toISOString().slice(11, 11 + length)} UTC</time
  >`
