import type { MagentoFit, VersionDetails } from '#domain/catalogue'
import { linesText } from '#kernel/magento'
import { html, type Html } from './html.ts'

/** With which Magento versions a package works, as its composer.json say, and with which its vendor says it was tested. */
export const magentoText = ({ latest, older, testedWith }: MagentoFit): string =>
  [latestText(latest), olderText(older), testedText(testedWith)].filter(Boolean).join(' ')

/** The same of one version. */
export const versionText = ({ worksWith, testedWith }: VersionDetails): string =>
  [latestText(worksWith), testedText(testedWith)].filter(Boolean).join(' ')

function latestText(lines: readonly string[] | undefined): string {
  if (!lines) return 'Magento versions not stated.'
  return lines.length
    ? `Works with Magento ${linesText(lines)}.`
    : 'It allows no Magento version that is known here.'
}

const olderText = (older: MagentoFit['older']): string =>
  older.length ? `An older version works with ${linesText(older.map(({ line }) => line))}.` : ''

const testedText = (releases: readonly string[]): string =>
  releases.length ? `Its vendor says it was tested with ${releases.join(', ')}.` : ''

/** The rows of a package's facts. Names the older versions. */
export function magentoFacts({ latest, older, testedWith }: MagentoFit): [string, Html][] {
  const byLabel = [...Map.groupBy(older, ({ label }) => label)]
  return [
    [
      'Works with',
      html`${worksWith(latest)}${byLabel.map(
        ([label, lines]) =>
          html`<br />Version <span class="mono">${label}</span>: Magento
            ${linesText(lines.map(({ line }) => line))}`,
      )}`,
    ],
    ...(testedWith.length
      ? [['Tested with', html`Magento ${testedWith.join(', ')}, as its vendor says`] as [string, Html]]
      : []),
  ]
}

function worksWith(lines: readonly string[] | undefined): string {
  if (!lines) return 'Its composer.json says nothing about Magento versions'
  return lines.length
    ? `Magento ${linesText(lines)}`
    : 'Its composer.json allows no Magento version that is known here'
}
