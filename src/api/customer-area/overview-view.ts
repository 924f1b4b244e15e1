import type { ListedLicence } from '#domain/licensing'
import type { Operation } from '#domain/operations'
import type { WaitingFor } from '#contracts/status-update'
import type { ListedOrder, PurchaseFacts } from '#domain/orders'
import type { OwnInvite } from '#domain/team'
import { moneyText } from '#kernel/money'
import { badge } from './components/badge.ts'
import { linkButton } from './components/button.ts'
import { emptyState } from './components/empty-state.ts'
import { notice, type Tone } from './components/notice.ts'
import { dayText, editionName, momentText } from './components/text.ts'
import { html, type Html } from './html.ts'

/** What the overview of an org shows to one member. */
export interface Overview {
  /** Invites to the address of this member. */
  invites: readonly OwnInvite[]
  /** The operations that wait for this member, and what each of them buys. */
  waiting: readonly { operation: Operation; purchase: PurchaseFacts | undefined }[]
  endingSoon: readonly ListedLicence[]
  /** The member may buy, and no card is saved. */
  isWithoutCard: boolean
  /** Active licences. */
  licences: number
  projects: number
  /** The newest orders. Empty for a role that may not see orders. */
  orders: readonly ListedOrder[]
}

export const overviewBody = (overview: Overview): Html =>
  html`${overview.invites.map(inviteNotice)} ${overview.isWithoutCard && addCard} ${waitsForYou(overview)}
  ${soon(overview)} ${numbers(overview)}
  ${overview.orders.length ? orders(overview) : overview.licences === 0 && firstSteps}`

export const inviteNotice = ({ id, org, role }: OwnInvite): Html =>
  notice({
    tone: 'info',
    title: `You are invited to ${org.name}`,
    text: `As ${role}.`,
    action: linkButton(`/invites/${id}`, 'See the invite', {
      kind: 'quiet',
      fullText: `See the invite to ${org.name}`,
    }),
  })

const firstSteps: Html = html`<section>
  <div class="section-head"><h2>Begin</h2></div>
  ${emptyState({
    symbol: 'plug',
    title: 'Let your assistant shop for you',
    text: 'It finds a package, shows you the price, and buys and installs it after your yes.',
    action: linkButton('/docs', 'Connect your assistant', { kind: 'quiet' }),
  })}
</section>`

const addCard: Html = notice({
  tone: 'warn',
  title: 'No card is saved',
  text: 'A purchase waits until somebody adds one.',
  action: linkButton('/account/payment-methods', 'Add a card'),
})

const waitsForYou = ({ waiting }: Overview): Html =>
  html`<section>
    <div class="section-head">
      <h2>Waits for you</h2>
      <a href="/account/operations">See all operations</a>
    </div>
    ${
      waiting.length
        ? html`<ul class="rows">
            ${waiting.map(waitingRow)}
          </ul>`
        : html`<p class="muted">Nothing waits for you.</p>`
    }
  </section>`

/** What a wait is about, and the text of its button. */
const WAIT_WORDS: Record<WaitingFor, readonly [title: string, verb: string]> = {
  authentication: ['Confirm a payment', 'Confirm the payment'],
  git_consent: ['Allow access to a Git host', 'Allow access'],
  payment_method: ['Add a card', 'Add a card'],
}

function waitingRow({ operation, purchase }: Overview['waiting'][number]): Html {
  const { url, waitingFor, waitingUntil } = operation
  const [title, verb] = WAIT_WORDS[waitingFor ?? 'authentication']
  return html`<li>
    <div class="about">
      <h3>${title} ${badge('waiting', 'warn')}</h3>
      <p class="small">
        ${purchase && html`${moneyText(purchase.total)} for ${purchase.packages.join(', ')} · `}
        ${waitingUntil && html`until ${momentText(waitingUntil)}`}
      </p>
    </div>
    ${
      // the URL is one of our links
      url !== undefined && linkButton(new URL(url).pathname, verb)
    }
  </li>`
}

const soon = ({ endingSoon }: Overview): Html | false =>
  endingSoon.length > 0 &&
  html`<section>
    <div class="section-head"><h2>Ends soon</h2></div>
    <ul class="rows">
      ${endingSoon.map(
        ({ id, packageName, edition, validUntil }) =>
          html`<li>
            <div class="about">
              <h3><a class="mono" href="/account/licences/${id}">${packageName}</a></h3>
              <p class="small">${editionName(edition)}</p>
            </div>
            ${validUntil && html`<span>until ${dayText(validUntil)}</span>`}
          </li>`,
      )}
    </ul>
  </section>`

const numbers = ({ licences, projects }: Overview): Html =>
  html`<section>
    <div class="section-head"><h2>At a glance</h2></div>
    <dl class="numbers">
      <div>
        <dt><a href="/account/projects">Projects</a></dt>
        <dd>${projects}</dd>
      </div>
      <div>
        <dt><a href="/account/licences">Active licences</a></dt>
        <dd>${licences}</dd>
      </div>
    </dl>
  </section>`

const ORDER: Record<ListedOrder['status'], readonly [words: string, tone: Tone]> = {
  open: ['open', 'warn'],
  completed: ['completed', 'good'],
  cancelled: ['cancelled', 'info'],
}

const orders = ({ orders: newest }: Overview): Html =>
  html`<section>
    <div class="section-head">
      <h2>Latest orders</h2>
      <a href="/account/orders">See all</a>
    </div>
    <ul class="rows">
      ${newest.map(
        ({ id, packages, placedAt, status, total }) =>
          html`<li>
            <div class="about">
              <h3>
                <a class="mono" href="/account/orders/${id}">${packages.join(', ') || 'An order'}</a>
                ${badge(...ORDER[status])}
              </h3>
              <p class="small">${dayText(placedAt)}</p>
            </div>
            <span class="price">${moneyText(total)}</span>
          </li>`,
      )}
    </ul>
  </section>`
