import type { Operation } from '#domain/operations'

/** In the words of the one who opens the page, not of the model. */
export function forThePerson({ waitingFor, orgSlug }: Pick<Operation, 'waitingFor' | 'orgSlug'>): string {
  switch (waitingFor) {
    case 'authentication':
      return `Your bank wants you to confirm the payment for ${orgSlug}.`
    case 'payment_method':
      return `${orgSlug} needs a card to go on: add one on our page.`
    case undefined:
      return `${orgSlug} needs you to go on: open our page.`
  }
}
