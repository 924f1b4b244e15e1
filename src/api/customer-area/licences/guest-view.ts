import { badge } from '../components/badge.ts'
import { card, facts } from '../components/card.ts'
import { dayText } from '../components/text.ts'
import { html } from '../html.ts'
import type { Page } from '../layout.ts'
import type { GuestVisit } from './visit.ts'
import { statusBadge, termFacts } from './words.ts'

/** What a guest sees of a licence: its terms, and where it is active among the projects that are shared with them. */
export const guestLicencePage = ({ access, licence }: GuestVisit): Page => ({
  title: licence.packageName,
  heading: licence.packageName,
  lead: html`A licence of ${access.name} ${statusBadge(licence)}`,
  breadcrumb: [
    { href: '/account', text: 'Overview' },
    { href: '/account/projects', text: 'Projects' },
  ],
  body: html`${card(
      'Terms',
      facts([
        ...termFacts(licence),
        ...(licence.activatedAt ? [['In force since', dayText(licence.activatedAt)] as const] : []),
      ]),
    )}
    <h2>On projects that are shared with you</h2>
    <ul class="rows">
      ${licence.activations.map(
        ({ project, slug, isArchived, since }) =>
          html`<li>
            <div class="about">
              <h3><a href="/account/projects/${project}">${slug}</a> ${isArchived && badge('archived')}</h3>
              <p class="small">active since ${dayText(since)}</p>
            </div>
          </li>`,
      )}
    </ul>
    <p class="small">An owner, admin or developer of ${access.name} assigns and renews licences.</p>`,
})
