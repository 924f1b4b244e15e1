import type { FastifyInstance } from 'fastify'
import { card } from './components/card.ts'
import { dayText } from './components/text.ts'
import { html, type Html } from './html.ts'
import { sendPage } from './layout.ts'

/** When a sentence of the page last changed. */
const CHANGED = new Date('2026-11-30T00:00:00Z')

/** `/privacy`: what is kept about people, how long, and who sees it. Each sentence is something that the code does. */
export async function privacyPage(app: FastifyInstance): Promise<void> {
  app.get('/privacy', async (_, reply) =>
    sendPage(reply, {
      title: 'Privacy',
      heading: 'Privacy',
      lead: html`What this market keeps about you, how long, and who sees it. Last changed on
      ${dayText(CHANGED)}.`,
      breadcrumb: [],
      body: html`<div class="focus">
        <nav class="contents" aria-label="Contents">
          <ul>
            ${PARTS.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}
          </ul>
        </nav>
        ${PARTS.map(([id, title, text]) => card(title, text, id))}
      </div>`,
    }),
  )
}

const ACCOUNT = html`<p>
    The market keeps your name, your e-mail address and a hash of your password. The secret of a second factor
    is encrypted; recovery codes are hashes.
  </p>
  <p>
    For each browser in which you are signed in, the market keeps a shortened network address and the name of
    the browser. It shows them on <a href="/account/security">your security page</a>. A sign-in ends when you
    sign out, after 14 days without use, and after 30 days in any case. Then these data are deleted.
  </p>
  <p>
    To recognise your networks it also keeps a hash of each. After 90 days without a sign-in from a network,
    the network counts as new. The log of your account keeps the full address of a sign-in for 90 days.
  </p>`

const ORG = html`<p>
    Members of an org see each other's name and role. Owners and admins also see e-mail addresses, pending
    invites, and the guests of each project. A guest sees only the project that is shared with them.
  </p>
  <p>
    Owners, admins and the billing role see billing details. Developers also see orders and invoices. An
    invoice is never changed: it keeps the name and the address that it was made out to.
  </p>
  <p>
    When somebody sends an invite or shares a project, the market keeps the e-mail address that it was sent
    to. It stays after the invite or the share has ended, also for people without an account.
  </p>
  <p>Vendors see what was sold and for how much. Their pages show nothing about who bought it.</p>`

const RECORDS = html`<p>
    The market keeps a log of who changed what in an org. Owners, admins and the billing role read it. For 90
    days they see the full network address of each member's request and the program that sent the request.
    Each person reads the log of their own account.
  </p>
  <p>
    An entry is never changed or deleted. The network address and the program of its request are deleted after
    90 days.
  </p>
  <p>
    When Composer installs a version, the market keeps which key was used, the minute, the network address and
    the program that sent the request. It does not delete them. No page shows the network address and the
    program. The page of a package shows how often it was installed, but not by whom.
  </p>
  <p>
    A mail is deleted 90 days after it was sent. A mail that could not be sent stays with its address, but
    without its link.
  </p>
  <p>The <a href="/log">public log</a> names packages and versions. It names no person.</p>`

const COOKIES = html`<p>
  One cookie keeps you signed in, for at most 30 days. One protects forms, until you close the browser. Others
  remember the application that you are about to connect. No script can read them. There is no cookie that
  counts visits, and no page loads anything from another site.
</p>`

const OTHERS = html`<p>
    <strong>The payment provider</strong> gets card numbers from your browser. The market never receives them;
    it keeps the brand, the last four digits and the month in which the card expires. The market sends the
    provider amounts and its own ids, but neither your name nor your e-mail address.
  </p>
  <p>
    <strong>A Git host</strong> is contacted when an org connects it, and then for its repositories. The
    market keeps the access that you allow, encrypted. After you disconnect the host, the market deletes its
    hooks there and then the access. The name and the id of your account at the host stay.
  </p>
  <p>
    <strong>Your assistant</strong> reads what you allowed it to read, in your orgs and in the projects that
    are shared with you. The market does not know what the maker of the assistant does with it. You end its
    access on <a href="/account/integrations">the page of your assistants</a>.
  </p>
  <p><strong>A mail server</strong> gets the mails that the market sends to you.</p>
  <p>
    <strong>Whoever runs this market</strong> can read what it keeps, but neither your password nor the number
    of your card.
  </p>`

const LEAVING = html`<p>
    After somebody leaves an org, their next request is refused. The projects that were shared with them are
    no longer shared. The log keeps their id, but no longer shows their name. Their name stays on what they
    made, such as orders.
  </p>
  <p>
    Keys, operations, cards and guests that they added stay until somebody ends them. Owners and admins see
    them on the page of the team.
  </p>
  <p>
    A deleted org can no longer be opened. Its orders, invoices and log stay, and nobody else gets its slug.
  </p>
  <p>No page deletes an account. Ask whoever runs this market.</p>`

const PARTS: readonly (readonly [id: string, title: string, text: Html])[] = [
  ['account', 'Your account', ACCOUNT],
  ['org', 'Your org', ORG],
  ['records', 'Records', RECORDS],
  ['cookies', 'Cookies', COOKIES],
  ['others', 'What others get', OTHERS],
  ['leaving', 'When you leave', LEAVING],
]
