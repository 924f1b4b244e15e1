import { publishPackage } from '#contracts/publish-package'
import type { Operation } from '#domain/operations'
import type { Deal } from '#domain/orders'
import type { PublicationProgress } from '#domain/publications'
import type { Refusal } from '#kernel/errors'
import { button, linkButton } from './components/button.ts'
import { notice, type Notice } from './components/notice.ts'
import { stepper } from './components/stepper.ts'
import { momentText } from './components/text.ts'
import { consentChoices } from './git-consent-view.ts'
import { html, type Html } from './html.ts'
import type { Page } from './layout.ts'
import type { NextStep } from './next-step.ts'
import { CART, ownStepAfter } from './buying/own-steps.ts'
import { nextStepAfter, shownStep } from './next-steps.ts'
import type { Visit } from './opened-operation.ts'
import { isStopping, wordsOf } from './operation-words.ts'
import { stepAfterPublishing } from './packages/own-steps.ts'
import { askedRepositories, publicationResult, publicationSteps } from './publication-view.ts'
import {
  cancelForm,
  dealFacts,
  dealTable,
  moneyAfterCancel,
  moneyOfRest,
  paymentSteps,
  runningSteps,
} from './purchase-view.ts'
import { csrfField } from './session.ts'
import { isPurchase, storyWords } from './story-words.ts'

/** What an operation does: it buys, it publishes, or neither. */
export interface About {
  deal?: Deal | undefined
  /** Of a publication that is not over. */
  publication?: PublicationProgress | undefined
}

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

export const waiting = (visit: Visit, { deal, publication }: About): Page => {
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
      ${publication ? publicationSteps(operation, publication) : stepsOf(operation, deal)}
      ${cancelForm(visit)}`,
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

export const running = (visit: Visit, operation: Operation, { deal, publication }: About): Page => {
  const { progress, createdAt, connectionId } = operation
  const title = isStopping(operation, deal) ? 'Cancelling' : 'Working on it'
  return focused({
    title,
    heading: title,
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
          ${runningSteps(operation, deal)}`
      }
      ${
        publication &&
        html`<h2>What happens</h2>
          ${publicationSteps(operation, publication)}`
      }
      ${cancelForm(visit)}`,
  })
}

/** `more`: what a purchase brought, and how to install it. */
export function completed(
  operation: Operation,
  { deal }: About,
  { more, cart }: { more?: Html | undefined; cart?: string | undefined } = {},
): Page {
  const published = operation.story === publishPackage.story ? publicationResult(operation) : undefined
  const { tone, text } = published?.message ?? doneMessage(operation, deal)
  return ended(isInPart(deal) ? 'Done in part' : 'Done', {
    message: notice({ tone, text: html`${text} ${wayBack(operation, cart)}` }),
    more: html`${deal && dealTable(operation, deal)} ${more} ${published?.list}`,
  })
}

const isInPart = (deal: Deal | undefined) => deal?.items.some(({ state }) => state === 'void') ?? false

function doneMessage(operation: Operation, deal: Deal | undefined): Pick<Notice, 'tone' | 'text'> {
  if (!deal || !isInPart(deal)) return { tone: 'good', text: storyWords(operation)?.done ?? 'It is done.' }
  const text = `A part of the purchase is complete; the rest was not bought. ${moneyOfRest(deal)}`
  return { tone: 'warn', text }
}

export function notDone(operation: Operation, { deal }: About): Page {
  const { status, error, story, connectionId } = operation
  const stopped = deal ? moneyAfterCancel(deal) : storyWords(operation)?.stopped
  const sentence = error?.message ?? stopped ?? 'It was stopped.'
  const step = error && stepAfter(operation, error)
  return ended(status === 'cancelled' ? 'Cancelled' : 'Not done', {
    message: notice({
      tone: status === 'cancelled' ? 'info' : 'warn',
      title: sentence,
      text: html`${step && shownStep(step)}
      ${isPurchase(operation) && !connectionId ? step?.link?.href !== CART && BACK_TO_CART : wayBack(operation)}`,
    }),
    more: html`${deal && dealTable(operation, deal)}
    ${story === publishPackage.story && askedRepositories(operation)}`,
  })
}

const BACK_TO_CART = html`<a href="${CART}">Go back to the cart.</a>`

function stepAfter({ connectionId, story, subject }: Operation, error: Refusal): NextStep | undefined {
  if (storyWords({ story })?.permission === 'publish')
    return stepAfterPublishing(error, { isOwn: !connectionId, urls: subject ?? [] })
  return connectionId ? nextStepAfter(error) : ownStepAfter(error)
}

const ended = (title: string, { message, more }: { message: Html; more: Html }): Page =>
  focused({ title, heading: title, body: html`${message} ${more}` })

/** A person who started the operation in the browser has no assistant to go back to. */
function wayBack(operation: Operation, cart?: string): Html | false {
  if (operation.connectionId) return html`Go back to your assistant: it knows what to do next.`
  if (cart !== undefined) return html`<a href="${cart}">Go back to the cart.</a>`
  const back = storyWords(operation)?.back
  return back !== undefined && html`<a href="${back.href}">${back.text}</a>`
}
