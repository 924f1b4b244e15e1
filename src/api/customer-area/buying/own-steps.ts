import type { Params } from '#kernel/errors'
import { type NextStep, textOf } from '../next-step.ts'
import { nextStepAfter, type PageCode } from '../next-steps.ts'

export const CART = '/account/cart'
export const LICENCES = '/account/licences'

/** The labels of the choices that buy also what the project has. */
export const RENEW = 'Renew what the project has'
export const ANOTHER = 'Buy even if already covered'

const TO_CART = { href: CART, text: 'Go to the cart.' }
const SHOP = { href: '/', text: 'See all packages.' }
const OPEN = { href: '/account', text: 'See what is open.' }
const CARDS = { href: '/account/payment-methods', text: 'See the saved cards.' }

const OTHER_CARD: NextStep = { text: 'Choose or add another card, then buy it again.', link: CARDS }
const CONFIRM: NextStep = {
  text: 'Buy it again and confirm the payment, or use another card.',
  link: TO_CART,
}
const NEW_PRICE: NextStep = { text: 'Look at the price that is shown now, then buy at that price.' }
const AGAIN: NextStep = { text: 'What you wanted is still in the cart: buy it again.', link: TO_CART }
const REMOVE: NextStep = { text: 'Remove it from the cart, or choose another package.', link: SHOP }
const PROJECT: NextStep = { text: 'Choose another project.' }

/** What a person can do who buys on our pages, where `NEXT_STEPS` speaks of an assistant. */
const OWN_STEPS: Partial<Record<PageCode, NextStep | ((params: Params) => NextStep)>> = {
  already_being_bought: {
    text: `Finish that purchase, or tick “${ANOTHER}”.`,
    link: OPEN,
  },
  authentication_refused: CONFIRM,
  cancelled: AGAIN,
  card_check_failed: OTHER_CARD,
  card_declined: OTHER_CARD,
  card_expired: OTHER_CARD,
  cart_is_being_checked_out: { text: 'Finish that purchase, or cancel it.', link: OPEN },
  cart_is_empty: { text: 'Choose a package first.', link: SHOP },
  cart_is_full: { text: 'Buy or remove some first.', link: TO_CART },
  could_not_be_delivered: AGAIN,
  edition_not_sold: ({ sold }) => ({
    text: textOf(sold) ? `It is sold for: ${textOf(sold)}.` : 'It cannot be bought by itself.',
    link: SHOP,
  }),
  idempotency_key_reused: NEW_PRICE,
  insufficient_funds: OTHER_CARD,
  invalid_input: { text: 'Correct it, then look at the price again.' },
  licence_has_no_free_slot: { text: 'Move it from another project, or buy another licence.', link: SHOP },
  licence_suspended: { text: 'Wait until the dispute is settled, or remove the package from the cart.' },
  mixed_currencies: { text: 'Remove the packages of one currency, and buy them afterwards.' },
  nothing_to_renew: { text: 'Buy it without renewing.', link: SHOP },
  operation_is_over: AGAIN,
  operation_lost: AGAIN,
  other_edition: { text: 'Choose a project of that edition, or accept the other edition.' },
  package_not_for_sale: REMOVE,
  package_not_found: REMOVE,
  payment_cannot_be_confirmed: OTHER_CARD,
  price_changed: NEW_PRICE,
  project_archived: PROJECT,
  project_name_taken: { text: 'Choose the project of that name, or give the new one another name.' },
  project_not_found: PROJECT,
  purchase_interrupted: AGAIN,
  quote_already_used: { text: 'That purchase was made. Look at what is in the cart now.', link: OPEN },
  quote_expired: NEW_PRICE,
  quote_malformed: NEW_PRICE,
  renewal_too_late: { text: 'Buy it without renewing.', link: SHOP },
  vendor_not_ready: { text: 'Remove it from the cart, and buy it when the vendor can be paid.' },
  wait_expired: AGAIN,
}

/** What a person who buys on our pages can do after a refusal. */
export function ownStepAfter(refusal: { code: string; params?: Params | undefined }): NextStep | undefined {
  const own = Object.hasOwn(OWN_STEPS, refusal.code) ? OWN_STEPS[refusal.code as PageCode] : undefined
  if (!own) return nextStepAfter(refusal)
  return typeof own === 'function' ? own(refusal.params ?? {}) : own
}
