import type { GoneVersion, PublicPackage, PublicVersion } from '#domain/catalogue'
import { badge } from './components/badge.ts'
import { linkButton } from './components/button.ts'
import { table } from './components/table.ts'
import { dayText } from './components/text.ts'
import { html, type Html } from './html.ts'
import { type Tab, versionOf, versionsOf } from './package-view.ts'

const SHOWN = 50

/** The versions of a package, stable ones first, 50 on a page; below them those that are gone. */
export function versionsTab(found: PublicPackage, page: number): Tab | undefined {
  const from = (page - 1) * SHOWN
  if (page > 1 && from >= found.versions.length) return undefined
  const shown = stableFirst(found.versions).slice(from, from + SHOWN)
  const hasMore = found.versions.length > from + SHOWN
  return {
    href: versionsOf(found),
    title: 'Versions',
    body: html`<h2>Versions</h2>
      ${availableTable(found, shown)}
      ${hasMore && linkButton(`${versionsOf(found)}?page=${page + 1}`, 'Older versions', { kind: 'quiet' })}
      ${page === 1 && found.gone.length > 0 && goneVersions(found)}`,
  }
}

const stableFirst = (versions: readonly PublicVersion[]) =>
  versions.toSorted((a, b) => Number(b.stability === 'stable') - Number(a.stability === 'stable'))

const linkTo = (found: PublicPackage, { label }: PublicVersion): Html =>
  html`<a class="row mono" href="${versionOf(found, label)}">${label}</a>`

const availableTable = (found: PublicPackage, versions: readonly PublicVersion[]): Html =>
  table({
    caption: 'Versions',
    isCaptionHidden: true,
    columns: [{ title: 'Version' }, { title: 'Stability' }, { title: 'Released', isNumber: true }],
    rows: versions.map((version) => [
      linkTo(found, version),
      badge(version.stability, version.stability === 'stable' ? 'good' : 'info'),
      dayText(version.releasedAt),
    ]),
    empty: 'No version is available yet.',
  })

const goneVersions = (found: PublicPackage): Html =>
  html`<h2>No longer available</h2>
    <p class="small">
      No new project gets these versions. ${found.gone.length > SHOWN && html`These are the newest ${SHOWN}.`}
      <a href="/log?package=${encodeURIComponent(found.name)}">The log has all of them</a>.
    </p>
    ${table({
      caption: 'Versions that are no longer available',
      isCaptionHidden: true,
      columns: [{ title: 'Version' }, { title: 'Why' }, { title: 'Released', isNumber: true }],
      rows: found.gone
        .slice(0, SHOWN)
        .map((version) => [linkTo(found, version), goneBecause(version), dayText(version.releasedAt)]),
    })}`

/** A badge and the public reason. */
export const goneBecause = ({ status, reason }: GoneVersion): Html =>
  html`${status === 'blocked' ? badge('malware', 'bad') : badge('withdrawn', 'warn')} ${reason}`
