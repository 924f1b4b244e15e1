import type { Operation } from '#domain/operations'

/** The question that a client with support for URLs shows to its user. */
export interface UrlQuestion {
  url: string
  message: string
}

/** Returns the question of an operation that waits for a person, or undefined. */
export function urlQuestionOf(operation: Operation): UrlQuestion | undefined {
  const { status, url } = operation
  if (status !== 'waiting_for_you' || !url) return undefined
  return { url, message: messageFor(operation) }
}

/** A text for the person who opens the page, not for the model. */
function messageFor({ waitingFor, orgSlug }: Operation): string {
  switch (waitingFor) {
    case 'authentication':
      return `Your bank wants you to confirm the payment for ${orgSlug}.`
    case 'git_consent':
      return `${orgSlug} needs access to a Git host: allow it by our page.`
    case 'payment_method':
      return `${orgSlug} needs a card to go on: add one on our page.`
    case undefined:
      return `${orgSlug} needs you to go on: open our page.`
  }
}
