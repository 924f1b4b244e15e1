import type { FastifyReply } from 'fastify'
import type { Operation } from '#domain/operations'
import type { Deal } from '#domain/orders'
import { moneyText } from '#kernel/money'
import { html, type Html } from './html.ts'
import type { Page } from './layout.ts'
import { nextStepAfter, shownStep } from './next-steps.ts'
import { csrfField } from './session.ts'

/** An operation, its link, and the reply to the person who opened the link. */
export interface Visit {
  operation: Operation
  link: string
  reply: FastifyReply
}

/** The texts that explain a wait to a person. */
interface WaitWords {
  title: string
  heading: string
  about: string
  /** Who reports the result. */
  reporter: string
  goOn: string
  pageIsReady: string
  openPage: string
}

function wordsOf({ waitingFor, orgSlug }: Operation, deal?: Deal): WaitWords {
  switch (waitingFor) {
    case 'payment_method':
      return {
        title: 'Add a card',
        heading: `Add a card for ${orgSlug}`,
        about:
          'The card is typed on the page of our payment provider and saved there; we never see its number.',
        reporter: 'The payment provider',
        goOn: 'Go on to the card page',
        pageIsReady: 'The card page is ready. It leads you back here when the card is saved.',
        openPage: 'Open the card page',
      }
    case 'authentication':
    case undefined: // does not happen: each waiting row says what it waits for
      return {
        title: 'Confirm the payment',
        heading: 'Confirm the payment at your bank',
        about: whatToConfirm(deal),
        reporter: 'Your bank',
        goOn: 'Go on to your bank',
        pageIsReady: 'Your bank is waiting for you. It leads you back here when you have answered.',
        openPage: 'Open your bank',
      }
  }
}

export const notYours: Page = {
  title: 'Not for you',
  body: html`<h1>This link is for somebody else</h1>
    <p>It opens only for the person whose assistant asked, as long as they may buy for their org.</p>
    <p>If that is you, sign out, sign in as that person, and open the link again.</p>`,
}

export const waiting = (visit: Visit, deal: Deal | undefined): Page => {
  const { operation } = visit
  const { title, heading, about } = wordsOf(operation, deal)
  return {
    title,
    body: html`<h1>${heading}</h1>
      <p>${about}</p>
      ${deal && dealTable(operation, deal)} ${goOn(visit)}
      <p class="soft">
        ${deal && 'The purchase goes on by itself afterwards. '}Nothing happens if you close this page;
        ${operation.waitingUntil && html`the link works until ${moment(operation.waitingUntil)}.`}
      </p>`,
  }
}

function whatToConfirm(deal: Deal | undefined): string {
  const charged = deal?.items.some(({ state, price }) => state === 'paid' && price.amountMinor > 0)
  const chargedSoFar = charged ? 'What is marked as paid has been charged.' : 'Nothing has been charged yet.'
  if (!deal?.due || deal.lines === 1) return `Your bank wants you to confirm this payment. ${chargedSoFar}`
  const { vendor, amount } = deal.due
  return `Each vendor needs its own payment. Your bank wants you to confirm the ${moneyText(amount)} for ${vendor}. ${chargedSoFar}`
}

/** For a person who came back while the operation still waits: the report is late, or the person did not finish. */
export const awaitingReport = (visit: Visit): Page => ({
  title: 'Waiting for the result',
  refreshSeconds: 5,
  body: html`<h1>Waiting for the result</h1>
    <p role="status">
      ${wordsOf(visit.operation).reporter} has not reported the result yet. It takes a few minutes at most;
      you may close this page, nothing is lost.
    </p>
    <p class="soft">This page looks again by itself. Did you not finish there?</p>
    ${goOn(visit)}`,
})

export const providerUnavailable = (visit: Visit): Page => ({
  title: 'Not now',
  body: html`<h1>Our payment provider does not answer</h1>
    <p role="alert">This payment has not been made, and nothing is lost. Try again in a minute.</p>
    ${goOn(visit)}`,
})

const goOn = ({ operation, link, reply }: Visit): Html =>
  html`<form method="post" action="/o/${link}">
    ${csrfField(reply)}
    <button>${wordsOf(operation).goOn}</button>
  </form>`

export function oneMoreStep(operation: Operation, url: string): Page {
  const { pageIsReady, openPage } = wordsOf(operation)
  return {
    title: 'One more step',
    body: html`<h1>One more step</h1>
      <p>${pageIsReady}</p>
      <p><a class="button" href="${url}">${openPage}</a></p>`,
  }
}

export const running = ({ progress }: Operation): Page => ({
  title: 'Working on it',
  refreshSeconds: 2,
  body: html`<h1>Working on it</h1>
    <p role="status">${progress ?? 'It has just begun.'}</p>
    <p class="soft">This page looks again by itself.</p>`,
})

export function completed(operation: Operation, deal: Deal | undefined): Page {
  const isPartly = deal?.items.some(({ state }) => state === 'void')
  const sentence = !deal
    ? 'The card is saved.'
    : isPartly
      ? 'A part of the purchase is complete; the rest was not bought and costs nothing.'
      : 'The purchase is complete.'
  return ended('Done', html`<p>${sentence} ${wayBack(operation)}</p>`, deal && dealTable(operation, deal))
}

export function notDone(operation: Operation, deal: Deal | undefined): Page {
  const { status, error } = operation
  const sentence = error?.message ?? 'It was stopped; nothing was charged, or it was paid back.'
  const step = error && nextStepAfter(error)
  return ended(
    status === 'cancelled' ? 'Cancelled' : 'Not done',
    html`<p>${sentence}</p>
      ${step && html`<p>${shownStep(step)}</p>`}
      <p>${wayBack(operation)}</p>`,
    deal && dealTable(operation, deal),
  )
}

const ended = (title: string, text: Html, table: Html | undefined): Page => ({
  title,
  body: html`<h1>${title}</h1>
    ${text} ${table}`,
})

/** A person who started the operation in the browser has no assistant to go back to. */
const wayBack = ({ connectionId }: Operation): Html =>
  connectionId
    ? html`Go back to your assistant: it knows what to do next.`
    : html`<a href="/account/payment-methods">Go back to your payment methods.</a>`

const STATES = { open: 'not paid yet', paid: 'paid', void: 'not bought' } as const

const dealTable = ({ orgSlug }: Operation, { items, total, lines }: Deal): Html =>
  html`<table class="deal">
    <caption>
      The purchase for ${orgSlug}
    </caption>
    <thead>
      <tr>
        <th scope="col">Package</th>
        <th scope="col">Edition</th>
        ${lines > 1 && html`<th scope="col">State</th>`}
        <th scope="col" class="amount">Price</th>
      </tr>
    </thead>
    <tbody>
      ${items.map(
        (item) =>
          html`<tr>
            <td>${item.package}</td>
            <td>${item.edition}</td>
            ${lines > 1 && html`<td>${STATES[item.state]}</td>`}
            <td class="amount">${moneyText(item.price)}</td>
          </tr>`,
      )}
    </tbody>
    <tfoot>
      <tr>
        <th scope="row" colspan="${lines > 1 ? 3 : 2}">Total</th>
        <td class="amount">${moneyText(total)}</td>
      </tr>
    </tfoot>
  </table>`

const moment = (at: Date): Html =>
  html`<time datetime="${at.toISOString()}">${at.toISOString().slice(0, 16).replace('T', ' ')} UTC</time>`
