import type { Install, Project } from '#domain/projects'
import { linkButton } from '../components/button.ts'
import { table } from '../components/table.ts'
import { momentText } from '../components/text.ts'
import { html, type Html } from '../html.ts'
import type { Page } from '../layout.ts'
import { pathOf } from './visit.ts'

/** `seesTokens`: with the column of the keys. */
export const installsTable = (
  installs: readonly Install[],
  { seesTokens, isFirst = true }: { seesTokens: boolean; isFirst?: boolean },
): Html =>
  table({
    caption: 'Last installs',
    isCaptionHidden: true,
    columns: [
      { title: 'When' },
      { title: 'Package' },
      { title: 'Version' },
      ...(seesTokens ? [{ title: 'Keys' }] : []),
    ],
    rows: installs.map(({ at, packageName, version, token }) => [
      momentText(at),
      html`<span class="mono">${packageName}</span>`,
      html`<span class="mono">${version}</span>`,
      ...(seesTokens ? [html`${token.label} <span class="mono small">${token.publicKey}</span>`] : []),
    ]),
    empty: isFirst ? 'Composer has not installed anything here yet.' : 'No more installs.',
  })

export function installsPage({
  project,
  found,
  limit,
  isFirst,
  seesTokens,
}: {
  project: Project
  /** One more than `limit` when there is another page. */
  found: readonly Install[]
  limit: number
  isFirst: boolean
  seesTokens: boolean
}): Page {
  const shown = found.slice(0, limit)
  const last = shown.at(-1)
  const path = pathOf(project.id, 'installs')
  return {
    title: 'Installs',
    heading: `Installs of ${project.name}`,
    lead: 'What Composer installed, newest first. A version counts once per minute and keys.',
    body: html`${installsTable(shown, { seesTokens, isFirst })}
      <p class="buttons">
        ${!isFirst && linkButton(path, 'Newest installs', { kind: 'quiet' })}
        ${
          last !== undefined &&
          found.length > limit &&
          linkButton(`${path}?after=${encodeURIComponent(last.key)}`, 'Earlier installs', { kind: 'quiet' })
        }
      </p>`,
  }
}
