import type { WaitingFor } from '#contracts/status-update'
import type { Operation } from '#domain/operations'
import type { PurchaseFacts } from '#domain/orders'
import type { OperationId } from '#kernel/ids'
import { moneyText } from '#kernel/money'
import { badge } from './components/badge.ts'
import { linkButton } from './components/button.ts'
import { dotted, momentText } from './components/text.ts'
import { html, type Html } from './html.ts'
import { shortUrl } from './publication-view.ts'
import { titleOf } from './story-words.ts'

/** A running operation that has not changed for so long may be stuck: its steps take seconds. */
const STUCK_AFTER_MS = 15 * 60_000

interface Shown {
  at: Date
  mostShown: number
  emptyText: string
  purchases: ReadonlyMap<OperationId, PurchaseFacts>
  temporalUi: string | undefined
}

/** Operations of all orgs, as an operator sees them: no link to their page, no result and no keys. */
export function operationRows(operations: readonly Operation[], shown: Shown): Html {
  if (!operations.length) return html`<p class="muted">${shown.emptyText}</p>`
  return html`<ul class="rows">
      ${operations.map((each) => row(each, shown))}
    </ul>
    ${operations.length === shown.mostShown && html`<p class="small">Only the first ${shown.mostShown} are shown. The Temporal UI lists all.</p>`}`
}

function row(operation: Operation, { at, temporalUi, purchases }: Shown): Html {
  const { id, orgName, orgSlug, subject = [], createdAt, finishedAt, error } = operation
  const purchase = purchases.get(id)
  const about = purchase?.packages ?? subject.map(shortUrl)
  return html`<li>
    <div class="about">
      <h3>${orgName}: ${aboutOf(operation)} ${stateOf(operation, at)}</h3>
      ${about.length > 0 && html`<p class="small mono">${about.join(', ')}</p>`}
      <p class="small">
        ${error ? html`${error.message} <code>${error.code}</code>` : progressText(operation)}
      </p>
      <p class="small">
        ${dotted([
          purchase && moneyText(purchase.total),
          html`<code>${orgSlug}</code>`,
          html`<code>${id}</code>`,
          finishedAt ? html`ended ${momentText(finishedAt)}` : html`started ${momentText(createdAt)}`,
        ])}
      </p>
    </div>
    ${temporalUi !== undefined && linkButton(runsAt(temporalUi, id), 'Open runs', { kind: 'quiet', isSmall: true, fullText: `Open runs of ${id} in the Temporal UI` })}
  </li>`
}

/** The title without its article, to follow the name of the org. */
const aboutOf = (operation: Operation): string =>
  titleOf(operation)
    .replace(/^(?:The|An?) /, '')
    .replace(/^./, (first) => first.toLowerCase())

const WAITS: Record<WaitingFor, string> = {
  authentication: 'Waits until the cardholder confirms the payment at the bank',
  git_consent: 'Waits until a person allows the access at the Git host',
  payment_method: 'Waits until a person adds a card',
}

function progressText({ waitingFor, waitingUntil, progress }: Operation): Html | string {
  if (!waitingFor) return progress ?? ''
  return html`${WAITS[waitingFor]}${waitingUntil && html`, at the latest ${momentText(waitingUntil)}`}.`
}

function stateOf({ status, updatedAt, cancelRequested }: Operation, at: Date): Html {
  if (status === 'failed') return badge('failed', 'bad')
  if (status === 'waiting_for_you') return badge('waits for a person', 'info')
  const isStuck = at.getTime() - updatedAt.getTime() > STUCK_AFTER_MS
  if (isStuck) return badge('no progress', 'warn')
  return cancelRequested ? badge('stopping', 'info') : badge('running', 'info')
}

/** The runs of an operation in the Temporal UI, also those that replaced a lost one. */
export const runsAt = (temporalUi: string, id: OperationId): string =>
  `${temporalUi}/workflows?query=${encodeURIComponent(`OperationId="${id}"`)}`
