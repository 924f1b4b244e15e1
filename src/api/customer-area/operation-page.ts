import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { enqueueNudge, type Operation, operationByLink, readOperation } from '#domain/operations'
import { liveRole, may } from '#domain/orgs'
import { type Deal, dealOf } from '#domain/purchasing'
import { moneyText } from '#kernel/money'
import { bankVisits, type BankVisitOptions } from './bank-visit.ts'
import { html, type Html } from './html.ts'
import { notFoundPage, type Page, sendPage } from './layout.ts'
import { csrfField, signedIn } from './session.ts'

/** How long the return from the bank waits for the operation to notice, in ms. */
const NOTICE_MS = 5_000
const LINK = /^[\w-]{43}$/

interface Visit {
  operation: Operation
  link: string
  reply: FastifyReply
}

/**
 * `/o/<link>`: what an assistant sends its person to. Opens for the customer who asked and nobody else, says what is
 * agreed, leads to the bank or the card page, and after the end says how it ended.
 */
export async function operationPages(app: FastifyInstance, options: BankVisitOptions): Promise<void> {
  const { db, now } = options
  const visits = bankVisits(options)

  app.get<{ Params: { link: string } }>('/o/:link', async (request, reply) => {
    const visit = await theirs(request, reply)
    if (!visit) return reply
    return sendPage(reply, await pageOf(visit))
  })

  app.post<{ Params: { link: string } }>('/o/:link', async (request, reply) => {
    const visit = await theirs(request, reply)
    if (!visit) return reply
    const { operation, link, customer } = visit
    const back = visits.linkOf(link)
    const url =
      operation.waitingFor === 'authentication'
        ? await visits.toConfirm(operation, `${back}/return`)
        : operation.waitingFor && (await visits.toAddCard(operation, customer, back))
    // a link and no redirect: browsers hold what follows a POST against form-action
    if (url) return sendPage(reply, onwards(operation, url))
    return reply.redirect(`/o/${link}/return`, 303)
  })

  app.get<{ Params: { link: string } }>('/o/:link/return', async (request, reply) => {
    const visit = await theirs(request, reply)
    if (!visit) return reply
    const { operation, link } = visit
    if (operation.status === 'waiting_for_you') {
      await enqueueNudge(db, operation.workflowId, now())
      await noticed(operation)
    }
    return reply.redirect(`/o/${link}`, 303)
  })

  /** The operation behind a link, for the person it was made for; else it has answered. */
  async function theirs(request: FastifyRequest<{ Params: { link: string } }>, reply: FastifyReply) {
    const session = await signedIn(request, reply)
    if (!session) return undefined
    const { link } = request.params
    const operation = LINK.test(link) ? await operationByLink(db, link) : undefined
    if (!operation) return void sendPage(reply, notFoundPage, 404)
    const role =
      operation.askedBy === session.customer
        ? await liveRole(db, operation.orgId, session.customer)
        : undefined
    if (!role || !may(role, 'buy')) return void sendPage(reply, notYours, 403)
    return { operation, link, reply, customer: session.customer }
  }

  async function noticed({ id }: Operation): Promise<void> {
    for (const end = Date.now() + NOTICE_MS; Date.now() < end; await sleep(100))
      if ((await readOperation(db, id)).status !== 'waiting_for_you') return
  }

  async function pageOf({ operation, link, reply }: Visit): Promise<Page> {
    const deal = await dealOf(db, operation.id)
    if (operation.status === 'waiting_for_you') return waiting({ operation, link, reply }, deal)
    if (operation.status === 'running') return running(operation)
    return over(operation, deal)
  }
}

const notYours: Page = {
  title: 'Not for you',
  body: html`<h1>This link is for somebody else</h1>
    <p>It opens only for the person whose assistant asked, as long as they may buy for their org.</p>
    <p>If that is you, sign out, sign in as that person, and open the link again.</p>`,
}

const waiting = ({ operation, link, reply }: Visit, deal: Deal | undefined): Page => {
  const isCard = operation.waitingFor === 'payment_method'
  return {
    title: isCard ? 'Add a card' : 'Confirm the payment',
    body: html`<h1>${isCard ? `Add a card for ${operation.orgSlug}` : 'Confirm the payment at your bank'}</h1>
      <p>
        ${
          isCard
            ? 'The card is typed on the page of our payment provider and saved there; we never see its number.'
            : 'Your bank wants you to confirm this payment. Nothing has been charged yet.'
        }
      </p>
      ${deal && dealTable(operation, deal)}
      <form method="post" action="/o/${link}">
        ${csrfField(reply)}
        <button>${isCard ? 'Go on to the card page' : 'Go on to your bank'}</button>
      </form>
      <p class="soft">
        ${deal ? 'The purchase goes on by itself afterwards. ' : ''}Nothing happens if you close this page;
        ${operation.waitingUntil && html`the link works until ${moment(operation.waitingUntil)}.`}
      </p>`,
  }
}

const onwards = ({ waitingFor }: Operation, url: string): Page => ({
  title: 'One more step',
  body: html`<h1>One more step</h1>
    <p>
      ${
        waitingFor === 'authentication'
          ? 'Your bank is waiting for you. Come back here when you have confirmed.'
          : 'The card page is ready. Come back here when the card is saved.'
      }
    </p>
    <p>
      <a class="button" href="${url}"
        >${waitingFor === 'authentication' ? 'Open your bank' : 'Open the card page'}</a
      >
    </p>`,
})

const running = ({ progress }: Operation): Page => ({
  title: 'Working on it',
  refreshSeconds: 2,
  body: html`<h1>Working on it</h1>
    <p role="status">${progress ?? 'It has just begun.'}</p>
    <p class="soft">This page looks again by itself.</p>`,
})

function over(operation: Operation, deal: Deal | undefined): Page {
  const { status, error } = operation
  const title =
    { completed: 'Done', failed: 'Not done', cancelled: 'Cancelled' }[status as 'completed'] ?? status
  return {
    title,
    body: html`<h1>${title}</h1>
      ${
        status === 'completed'
          ? html`<p>
              ${deal ? 'The purchase is complete.' : 'The card is saved.'} Go back to your assistant.
            </p>`
          : html`<p>${error?.message ?? 'It was stopped; nothing was charged.'}</p>
              <p class="soft">Go back to your assistant: it knows what to do next.</p>`
      }
      ${deal && dealTable(operation, deal)}`,
  }
}

const dealTable = ({ orgSlug }: Operation, { items, total }: Deal): Html =>
  html`<table>
    <caption>
      For ${orgSlug}
    </caption>
    <thead>
      <tr>
        <th scope="col">Package</th>
        <th scope="col">Edition</th>
        <th scope="col">Price</th>
      </tr>
    </thead>
    <tbody>
      ${items.map(
        (item) =>
          html`<tr>
            <td>${item.package}</td>
            <td>${item.edition}</td>
            <td class="price">${moneyText(item.price)}</td>
          </tr>`,
      )}
    </tbody>
    <tfoot>
      <tr>
        <th scope="row" colspan="2">Total</th>
        <td class="price">${moneyText(total)}</td>
      </tr>
    </tfoot>
  </table>`

const moment = (at: Date): Html =>
  html`<time datetime="${at.toISOString()}">${at.toISOString().slice(0, 16).replace('T', ' ')} UTC</time>`
