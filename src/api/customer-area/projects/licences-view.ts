import { licencePlaceAfter, type SeenLicence } from '#domain/licensing'
import type { Project } from '#domain/projects'
import { linkButton } from '../components/button.ts'
import { editionName } from '../components/text.ts'
import { html, type Html } from '../html.ts'
import type { Page } from '../layout.ts'
import { LICENCES } from '../buying/own-steps.ts'
import { filters } from '../licences/list-view.ts'
import { addressOf, type LicenceQuery } from '../licences/query.ts'
import { statusBadge, termText } from '../licences/words.ts'
import { pathOf } from './visit.ts'

/** What a project may install, for members and for guests: slots and other projects are not shown. */
export const licenceRows = (licences: readonly SeenLicence[]): Html =>
  html`<ul class="rows">
    ${licences.map(
      (licence) =>
        html`<li>
          <div class="about">
            <h3>
              <a class="mono" href="${LICENCES}/${licence.id}">${licence.packageName}</a>
              ${statusBadge(licence)}
            </h3>
            <p class="small">${editionName(licence.edition)} · ${termText(licence)}</p>
          </div>
        </li>`,
    )}
  </ul>`

export function licencesPage({
  project,
  query,
  found,
  limit,
}: {
  project: Project
  query: LicenceQuery
  /** One more than `limit` when there is another page. */
  found: readonly SeenLicence[]
  limit: number
}): Page {
  const shown = found.slice(0, limit)
  const last = shown.at(-1)
  const path = pathOf(project.id, 'licences')
  return {
    title: 'Licences',
    heading: `Licences of ${project.name}`,
    lead: 'What the project may install, and until when.',
    // a slot that is free belongs to no project
    body: html`${filters(query, { path, choices: ['ending', 'ended'] })}
      <h2 class="visually-hidden">Found licences</h2>
      ${shown.length ? licenceRows(shown) : html`<p>No licence of this project fits this choice.</p>`}
      <p class="buttons">
        ${query.after !== '' && linkButton(addressOf(query, { path }), 'First licences', { kind: 'quiet' })}
        ${
          last !== undefined &&
          found.length > limit &&
          linkButton(addressOf(query, { path, after: licencePlaceAfter(last) }), 'Next licences', {
            kind: 'quiet',
          })
        }
      </p>`,
  }
}
