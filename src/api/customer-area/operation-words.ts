import type { Operation } from '#domain/operations'
import type { Deal } from '#domain/orders'
import { moneyText } from '#kernel/money'
import { gitWaitWords } from './git-consent-view.ts'

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

/**
 * Somebody cancelled it, and it is not over. A request that came too late has nothing left to cancel: the
 * purchase is paid, or the publication goes on.
 */
export const isStopping = ({ cancelRequested, cancellable }: Operation, deal?: Deal): boolean =>
  cancelRequested === true && (deal ? deal.payments.some(({ state }) => state !== 'paid') : cancellable)

export function wordsOf({ waitingFor, orgName }: Operation, deal?: Deal): WaitWords {
  switch (waitingFor) {
    case 'git_consent':
      return gitWaitWords(orgName)
    case 'payment_method':
      return {
        title: 'Add a card',
        heading: `Add a card for ${orgName}`,
        about:
          'You type the card on the page of our payment provider, and it is saved there. We never see its number.',
        reporter: 'The payment provider',
        goOn: 'Add a card',
        pageIsReady: 'The card page is ready. It leads you back here when the card is saved.',
        openPage: 'Open the card page',
      }
    case 'authentication':
    case undefined: // cannot happen: each waiting row says what it waits for
      return {
        title: 'Confirm the payment',
        heading: 'Confirm the payment at your bank',
        about: whatToConfirm(deal),
        reporter: 'Your bank',
        goOn: 'Confirm the payment',
        pageIsReady: 'Your bank is waiting for you. It leads you back here when you have answered.',
        openPage: 'Open your bank’s page',
      }
  }
}

function whatToConfirm(deal: Deal | undefined): string {
  const charged = deal?.items.some(({ state, price }) => state === 'paid' && price.amountMinor > 0)
  const chargedSoFar = charged ? 'What is marked as paid has been charged.' : 'Nothing has been charged yet.'
  if (!deal?.due || deal.lines === 1) return `Your bank wants you to confirm this payment. ${chargedSoFar}`
  const { vendor, amount } = deal.due
  return `Each vendor needs its own payment. Your bank wants you to confirm the ${moneyText(amount)} to ${vendor}. ${chargedSoFar}`
}
