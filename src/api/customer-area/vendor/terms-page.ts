import type { FastifyInstance } from 'fastify'
import { VENDOR_TERMS_VERSION } from '#domain/vendors'
import { card } from '../components/card.ts'
import { html, type Html } from '../html.ts'
import { sendPage } from '../layout.ts'

export const TERMS_PATH = '/vendor-terms'

/** What every vendor agrees to. A change of the text needs a new `VENDOR_TERMS_VERSION`. */
export async function vendorTermsPage(app: FastifyInstance): Promise<void> {
  app.get(TERMS_PATH, async (_, reply) =>
    sendPage(reply, {
      title: 'Vendor terms',
      heading: 'Vendor terms',
      lead: `Version ${VENDOR_TERMS_VERSION}. You accept them when you apply as a vendor.`,
      breadcrumb: [],
      body: terms,
    }),
  )
}

const terms: Html = html`<div class="focus">
  ${card(
    'Your name',
    html`<ul>
      <li>You apply for a slug only if you are the one who uses it for packages, or nobody does.</li>
      <li>The slug cannot change once it is approved. All your package names begin with it.</li>
      <li>The name and the website say who you are.</li>
    </ul>`,
  )}
  ${card(
    'What you publish',
    html`<ul>
      <li>You have the right to publish and to sell it, under the licence that its composer.json names.</li>
      <li>
        It does what you say it does. It harms nobody, and it sends no data away that its description does not
        mention.
      </li>
      <li>
        A published version never changes. You correct a mistake by a new version. What was sold stays
        installable, also when you delete its tag.
      </li>
      <li>Every publication, withdrawal and block of a public package is in a public log for ever.</li>
    </ul>`,
  )}
  ${card(
    'What we do',
    html`<ul>
      <li>We read the repositories that you publish, and never write to them.</li>
      <li>We check each version and show the result. A check is no approval.</li>
      <li>We block a version that harms people, and may suspend a vendor who publishes one on purpose.</li>
      <li>You can stop at any time. What was sold stays installable for its buyers.</li>
    </ul>`,
  )}
</div>`
