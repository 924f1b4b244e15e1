import type { Operation } from '#domain/operations'
import type { Deal } from '#domain/orders'
import { button, linkButton } from './components/button.ts'
import { notice } from './components/notice.ts'
import { stepper } from './components/stepper.ts'
import { momentText } from './components/text.ts'
import { consentChoices } from './git-consent-view.ts'
import { html, type Html } from './html.ts'
import type { Page } from './layout.ts'
import { CART, LICENCES, ownStepAfter } from './buying/own-steps.ts'
import { nextStepAfter, shownStep } from './next-steps.ts'
import type { Visit } from './opened-operation.ts'
import { doneSentence, stopped, wordsOf } from './operation-words.ts'
import { cancelForm, dealFacts, dealTable, isPurchase, paymentSteps } from './purchase-view.ts'
import { csrfField } from './session.ts'

export const notYours: Page = {
  title: 'Not for you',
  heading: 'This link is for somebody else',
  body: html`<p>
      It opens only for the person whose assistant asked, as long as their role in the org allows it.
    </p>
    <p>If that is you, sign out, sign in as that person, and open the link again.</p>
    <p>${linkButton('/account', 'Go to your overview', { kind: 'quiet' })}</p>`,
}

/** A page about one operation: one column, without a breadcrumb. */
const focused = (page: Page): Page => ({ ...page, body: html`<div class="focus">${page.body}</div>` })

export const waiting = (visit: Visit, deal: Deal | undefined): Page => {
  const { operation } = visit
  const { title, heading, about } = wordsOf(operation, deal)
  return focused({
    title,
    heading,
    lead: about,
    body: html`${deal && dealFacts(deal)} ${deal && dealTable(operation, deal)} ${goOn(visit)}
      <p class="small">
        ${deal && 'The purchase goes on by itself afterwards. '}Nothing happens if you close this page;
        ${operation.waitingUntil && html`the link works until ${momentText(operation.waitingUntil)}.`}
      </p>
      <h2>What happens</h2>
      ${stepsOf(operation, deal)} ${cancelForm(visit)}`,
  })
}

function stepsOf(operation: Operation, deal: Deal | undefined): Html {
  const { connectionId, createdAt, waitingFor, waitingUntil } = operation
  const isCard = waitingFor === 'payment_method'
  const isGit = waitingFor === 'git_consent'
  return stepper([
    {
      name: connectionId ? 'Your assistant asked' : 'You asked',
      state: 'done',
      time: momentText(createdAt),
    },
    {
      name: isGit ? 'You allow the access' : isCard ? 'You add a card' : 'You confirm the payment',
      state: 'current',
      time: waitingUntil && html`until ${momentText(waitingUntil)}`,
      about: isGit
        ? 'On the page of the Git host.'
        : isCard
          ? 'On the page of our payment provider.'
          : 'On the page of your bank.',
    },
    ...(deal && isCard ? [{ name: 'We charge the card', state: 'later' } as const] : []),
    ...(deal && !isCard && deal.lines > 1 ? paymentSteps(deal, { waits: true }) : []),
    deal
      ? {
          name: 'We activate the licences',
          state: 'later',
          about: connectionId && 'Your assistant gets what Composer needs.',
        }
      : { name: isGit ? 'We connect the Git host' : 'We save the card', state: 'later' },
  ])
}

/** For a person who came back while the operation still waits: the report is late, or the person did not finish. */
export const awaitingReport = (visit: Visit): Page =>
  focused({
    title: 'Waiting for the result',
    heading: 'Waiting for the result',
    refreshSeconds: 5,
    body: html`${notice({
        tone: 'info',
        text: `${wordsOf(visit.operation).reporter} has not reported the result yet. It takes a few minutes at most; you may close this page, nothing is lost.`,
      })}
      <p class="muted">This page looks again by itself. Did you not finish there?</p>
      ${goOn(visit)}`,
  })

export const providerUnavailable = (visit: Visit): Page =>
  focused({
    title: 'Not now',
    heading: 'Our payment provider does not answer',
    body: html`${notice({
      tone: 'bad',
      text: 'This payment has not been made, and nothing is lost. Try again in a minute.',
    })}
    ${goOn(visit)}`,
  })

/** For a purchase of which nobody knows right now whether it goes on after the payment. */
export const outOfSight = (visit: Visit): Page =>
  focused({
    title: 'Not now',
    heading: 'The purchase cannot go on right now',
    body: html`${notice({
      tone: 'bad',
      text: 'So we do not take you to the payment: nothing has been charged for it, and nothing is lost. Try again in a minute.',
    })}
    ${goOn(visit)}`,
  })

const goOn = ({ operation, link, reply, gitHost }: Visit): Html =>
  html`<form class="stack" method="post" action="/o/${link}">
    ${csrfField(reply)} ${gitHost && consentChoices(gitHost)} ${button(wordsOf(operation).goOn)}
  </form>`

export function oneMoreStep(operation: Operation, url: string): Page {
  const { pageIsReady, openPage } = wordsOf(operation)
  return focused({
    title: 'One more step',
    heading: 'One more step',
    lead: pageIsReady,
    body: html`<p><a class="button" href="${url}">${openPage}</a></p>`,
  })
}

/** After its first steps it waits for the operator, which may take days. */
const refreshOf = ({ story }: Operation): number => (story === 'bootstrap_vendor' ? 60 : 3)

export const running = (visit: Visit, operation: Operation, deal: Deal | undefined): Page => {
  const { progress, createdAt, connectionId } = operation
  return focused({
    title: 'Working on it',
    heading: 'Working on it',
    refreshSeconds: refreshOf(operation),
    body: html`${notice({ tone: 'info', text: progress ?? 'It has just begun.' })}
      <p class="muted">
        ${connectionId ? 'Your assistant' : 'You'} asked at ${momentText(createdAt)}. This page looks again by
        itself.
      </p>
      ${
        deal &&
        html`${dealFacts(deal)} ${dealTable(operation, deal)}
          <h2>What happens</h2>
          ${stepper([
            {
              name: connectionId ? 'Your assistant asked' : 'You asked',
              state: 'done',
              time: momentText(createdAt),
            },
            ...paymentSteps(deal),
            { name: 'We activate the licences', state: 'later' },
          ])}`
      }
      ${cancelForm(visit)}`,
  })
}

/** `more`: what a purchase brought, and how to install it. */
export function completed(
  operation: Operation,
  deal: Deal | undefined,
  { more, cart }: { more?: Html | undefined; cart?: string | undefined } = {},
): Page {
  const isPartly = deal?.items.some(({ state }) => state === 'void')
  const sentence = !deal
    ? doneSentence(operation)
    : isPartly
      ? 'A part of the purchase is complete; the rest was not bought and costs nothing.'
      : 'The purchase is complete.'
  return ended('Done', {
    message: notice({
      tone: isPartly ? 'warn' : 'good',
      text: html`${sentence} ${wayBack(operation, cart)}`,
    }),
    table: html`${deal && dealTable(operation, deal)} ${more}`,
  })
}

export function notDone(operation: Operation, deal: Deal | undefined): Page {
  const { status, error, connectionId } = operation
  const sentence = error?.message ?? stopped(operation)
  const step = error && (connectionId ? nextStepAfter(error) : ownStepAfter(error))
  return ended(status === 'cancelled' ? 'Cancelled' : 'Not done', {
    message: notice({
      tone: status === 'cancelled' ? 'info' : 'warn',
      title: sentence,
      text: html`${step && shownStep(step)}
      ${isPurchase(operation) && !connectionId ? step?.link?.href !== CART && BACK_TO_CART : wayBack(operation)}`,
    }),
    table: deal && dealTable(operation, deal),
  })
}

const BACK_TO_CART = html`<a href="${CART}">Go back to the cart.</a>`

const ended = (title: string, { message, table: items }: { message: Html; table: Html | undefined }): Page =>
  focused({ title, heading: title, body: html`${message} ${items}` })

/** A person who started the operation in the browser has no assistant to go back to. */
function wayBack({ connectionId, story }: Operation, cart?: string): Html {
  if (connectionId) return html`Go back to your assistant: it knows what to do next.`
  if (story === 'bootstrap_vendor') return html`<a href="/account/vendor">See your vendors.</a>`
  if (story === 'checkout_cart' || story === 'purchase_and_install_package')
    return html`<a href="${LICENCES}">See the licences.</a>`
  if (cart !== undefined) return html`<a href="${cart}">Go back to the cart.</a>`
  return story === 'start_git_integration'
    ? html`<a href="/account/git">Go back to your Git hosts.</a>`
    : html`<a href="/account/payment-methods">Go back to your payment methods.</a>`
}
