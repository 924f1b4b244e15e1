import type { FastifyInstance } from 'fastify'
import type { OperationStatus } from '#contracts/status-update'
import { findOperation, listOperations, type Operation } from '#domain/operations'
import { type PurchaseFacts, purchasesOf } from '#domain/orders'
import { isId } from '#kernel/ids'
import { moneyText } from '#kernel/money'
import type { Db } from '#platform/database'
import { badge } from './components/badge.ts'
import { linkButton } from './components/button.ts'
import { emptyState } from './components/empty-state.ts'
import type { Tone } from './components/notice.ts'
import { momentText } from './components/text.ts'
import { html, type Html } from './html.ts'
import { withoutOrg } from './lost-org.ts'
import { notFoundPage, type Page, sendPage } from './layout.ts'
import { shortUrl } from './publication-view.ts'
import { signedIn } from './session.ts'
import { STORIES_WITH_PAGE, storyWords, titleOf } from './story-words.ts'
import { orgsOfVisitor } from './visitor-orgs.ts'

export const OPERATIONS = '/account/operations'
export const operationPath = (id: string): string => `${OPERATIONS}/${id}`

const SHOWN = 30
const TITLE = 'Operations'

/** What a person or their assistant has begun in the org in which they work, and the page of each. */
export async function operationListPage(app: FastifyInstance, { db }: { db: Db }): Promise<void> {
  app.get<{ Querystring: { before?: unknown } }>(OPERATIONS, async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const { active: org } = orgsOfVisitor(request)
    if (!org) return sendPage(reply, { title: TITLE, heading: TITLE, body: withoutOrg })
    const { before: wanted } = request.query
    const before = typeof wanted === 'string' && isId('op', wanted) ? wanted : undefined
    const found = await listOperations(db, {
      org: org.id,
      customer: session.customer,
      stories: STORIES_WITH_PAGE,
      limit: SHOWN + 1,
      ...(before && { before }),
    })
    const purchases = await purchasesOf(
      db,
      found.map(({ id }) => id),
    )
    return sendPage(reply, listPage(org.name, { found, purchases, isLater: before !== undefined }))
  })

  /** By its id, as audit log and assistants name it. The page itself checks who may see it. */
  app.get<{ Params: { id: string } }>(operationPath(':id'), async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const operation = await findOperation(db, { id: request.params.id, customer: session.customer })
    if (!operation.link || !storyWords(operation)) return sendPage(reply, notFoundPage, 404)
    return reply.redirect(`/o/${operation.link}`, 303)
  })
}

interface Listed {
  found: readonly Operation[]
  purchases: Awaited<ReturnType<typeof purchasesOf>>
  isLater: boolean
}

function listPage(orgName: string, { found, purchases, isLater }: Listed): Page {
  const shown = found.slice(0, SHOWN)
  const last = found.length > SHOWN ? shown.at(-1) : undefined
  return {
    title: TITLE,
    heading: TITLE,
    lead: `What you and your assistants have begun for ${orgName}, the newest first.`,
    body: html`${
        shown.length
          ? html`<h2 class="visually-hidden">All operations</h2>
              <ul class="rows">
                ${shown.map((each) => row(each, purchases.get(each.id)))}
              </ul>`
          : emptyState({
              symbol: 'list',
              title: isLater ? 'There are no more' : 'Nothing has begun yet',
              text: 'Purchases and publications are listed here, with their result.',
              ...(!isLater && { action: linkButton('/', 'See all packages') }),
            })
      }
      <p class="buttons">
        ${isLater && linkButton(OPERATIONS, 'Newest operations', { kind: 'quiet' })}
        ${last && linkButton(`${OPERATIONS}?before=${last.id}`, 'Older operations', { kind: 'quiet' })}
      </p>`,
  }
}

const STATES: Record<OperationStatus, readonly [words: string, tone: Tone]> = {
  running: ['runs', 'info'],
  waiting_for_you: ['waits for you', 'warn'],
  completed: ['done', 'good'],
  failed: ['not done', 'bad'],
  cancelled: ['cancelled', 'info'],
}

const STOPPING = ['stopping', 'info'] as const

function row(operation: Operation, purchase: PurchaseFacts | undefined): Html {
  const { subject = [], status, createdAt, connectionId, link, cancelRequested } = operation
  const title = titleOf(operation)
  const about = purchase?.packages ?? subject.map(shortUrl)
  return html`<li>
    <div class="about">
      <h3>
        ${link ? html`<a href="/o/${link}">${title}</a>` : title}
        ${badge(...(cancelRequested ? STOPPING : STATES[status]))}
      </h3>
      ${about.length > 0 && html`<p class="small mono">${about.join(', ')}</p>`}
      <p class="small">
        ${purchase && `${moneyText(purchase.total)} · `}${connectionId ? 'Your assistant' : 'You'},
        ${momentText(createdAt)}
      </p>
    </div>
  </li>`
}
