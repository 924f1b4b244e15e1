import type { FastifyInstance } from 'fastify'
import { card } from './components/card.ts'
import { html, type Html } from './html.ts'
import { sendPage } from './layout.ts'

/** `/privacy`: what is kept about people, how long, and who sees it. Each sentence is something that the code does. */
export async function privacyPage(app: FastifyInstance): Promise<void> {
  app.get('/privacy', async (_, reply) =>
    sendPage(reply, {
      title: 'Privacy',
      heading: 'Privacy',
      lead: 'What this market keeps about you, how long, and who sees it.',
      breadcrumb: [],
      body: html`<div class="focus">${ACCOUNT}${ORG}${TRACES}${COOKIES}${OUTSIDE}${LEAVING}</div>`,
    }),
  )
}

const ACCOUNT = card(
  'Your account',
  html`<p>
      The market keeps your name, your e-mail address and a hash of your password. The secret of a second
      factor is encrypted; recovery codes are hashes.
    </p>
    <p>
      For each browser in which you are signed in it keeps a shortened network address and the name of the
      browser, so that you recognise it on <a href="/account/security">your security page</a>. A sign-in ends
      when you sign out, after 14 days without use, and after 30 days in any case. Of the networks from which
      you signed in the market keeps only a hash; one from which you have not signed in for 90 days counts as
      unknown.
    </p>`,
)

const ORG = card(
  'Your org',
  html`<p>
      Members of an org see the name and the role of each other. Owners and admins also see e-mail addresses,
      pending invites, and the guests of each project. A guest sees only the project that is shared with them.
    </p>
    <p>
      Billing details are for owners, admins and the billing role. Orders and invoices are also for
      developers. An invoice is never changed: it keeps the name and the address that it was made out to.
    </p>
    <p>Vendors see what was sold and for how much. Their pages show nothing about who bought it.</p>`,
)

const TRACES = card(
  'Records',
  html`<p>
      The market keeps a log of who changed what in an org. Owners, admins and the billing role read it; each
      person reads the log of their own account. An entry is never changed or deleted. The network address and
      the program of its request are deleted after 90 days.
    </p>
    <p>
      When Composer installs a version, the market keeps the key, the minute, the network address and the
      program that asked for it. It does not delete them. No page shows the network address and the program.
      The page of a package shows how often it was installed, but not by whom.
    </p>
    <p>A mail is deleted 90 days after it was sent. A mail that could not be sent stays, without its link.</p>
    <p>The <a href="/log">public log</a> names packages and versions. It names no person.</p>`,
)

const COOKIES = card(
  'Cookies',
  html`<p>
    One cookie keeps you signed in, for at most 30 days. One protects forms, until you close the browser.
    Others remember the application that you are about to connect. No script can read them. There is no cookie
    that counts visits, and no page loads anything from another site.
  </p>`,
)

const OUTSIDE = card(
  'What others get',
  html`<p>
      <strong>The payment provider</strong> gets card numbers from your browser. The market never receives
      them; it keeps the brand, the last four digits and the month in which a card ends. The market sends the
      provider amounts and its own ids, but neither your name nor your e-mail address.
    </p>
    <p>
      <strong>A Git host</strong> is contacted only for an org that publishes packages. The market keeps the
      access that you allow, encrypted, until you disconnect the host.
    </p>
    <p>
      <strong>Your assistant</strong> reads what you allowed it to read, in your orgs and in the projects that
      are shared with you. What its maker does with that, the market does not know. You end its access on
      <a href="/account/integrations">the page of your assistants</a>.
    </p>
    <p><strong>A mail server</strong> gets the mails that the market sends to you.</p>
    <p>
      <strong>Whoever runs this market</strong> can read what it keeps, but neither your password nor the
      number of your card.
    </p>`,
)

const LEAVING: Html = card(
  'When you leave',
  html`<p>
      Who leaves an org is refused at the next request, and the projects that were shared with them are no
      longer shared. Their name stays in the log, and on what they made. Their keys, operations, cards and
      guests go on until somebody ends them: owners and admins see them on the page of the team.
    </p>
    <p>
      A deleted org can no longer be opened. Its orders, invoices and log stay, and nobody else gets its short
      name.
    </p>
    <p>No page deletes an account. Ask whoever runs this market.</p>`,
)
