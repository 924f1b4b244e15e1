import type { FastifyInstance } from 'fastify'
import { card } from './components/card.ts'
import { html, type Html } from './html.ts'
import { sendPage } from './layout.ts'

/** `/terms`: how this market works, in plain words. Each sentence is something that the code does. */
export async function termsPage(app: FastifyInstance): Promise<void> {
  app.get('/terms', async (_, reply) =>
    sendPage(reply, {
      title: 'Terms',
      heading: 'Terms',
      lead: 'How this market works. Whoever runs it may add terms of its own.',
      breadcrumb: [],
      body: TERMS,
    }),
  )
}

const TERMS: Html = html`<div class="focus">
  ${card(
    'Buying',
    html`<p>
        You see the packages and the price before you buy. The price is fixed when the order is opened. Each
        vendor of an order is paid by a charge of its own.
      </p>
      <p>
        An assistant buys only within the limits that you gave it, and only while it is connected. You can end
        its access at any time.
      </p>
      <p>When a paid package cannot be delivered, its charge is refunded.</p>`,
  )}
  ${card(
    'Licences',
    html`<p>
      A licence belongs to the org that bought it, for one Magento edition. Each of its slots is used on one
      project at a time. A yearly licence ends at the date that it shows; one that is paid once has no end.
    </p>`,
  )}
  ${card(
    'Packages',
    html`<p>
        Vendors write, sell and support their packages. The market records from which commit a version was
        made, and never changes it after its publication. That does not prove that a package is free of
        faults.
      </p>
      <p>
        A vendor may withdraw a version. Projects that have it in their lock file can still install it, unless
        it was blocked as malware. The <a href="/log">public log</a> says what happened to every package.
      </p>`,
  )}
  ${card(
    'Your data',
    html`<p>
      The page about <a href="/privacy">privacy</a> says what the market keeps about you, how long, and who
      sees it.
    </p>`,
  )}
</div>`
