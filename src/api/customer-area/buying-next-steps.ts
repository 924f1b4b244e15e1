import { type NextStep, textOf } from './next-step.ts'
import type { Params } from '#kernel/errors'

const WAIT: NextStep = { text: 'Wait until that is over.' }
const NEW_PRICE: NextStep = { text: 'Ask your assistant for a new price.' }
const ORDERS: NextStep = {
  text: 'See what your org has bought.',
  link: { href: '/account/orders', text: 'See the orders.' },
}
const OVERVIEW = { href: '/account', text: 'See what is open.' }

/** What a person can do after a refusal of what a purchase would do twice, or otherwise than asked. Part of `NEXT_STEPS`. */
export const BUYING_STEPS = {
  cart_is_full: {
    text: 'Buy what is in it, or remove something, then add the rest.',
    link: { href: '/account/cart', text: 'See the cart.' },
  },
  composer_file_unreadable: {
    text: 'Copy the whole file once more and send it again.',
    link: { href: '/account/resolve', text: 'Check a shop.' },
  },
  already_being_bought: {
    text: 'Finish that purchase, or tell your assistant that you want a second one.',
    link: OVERVIEW,
  },
  invoice_differs: { text: 'Ask the operator of this market for this invoice.' },
  invoice_not_found: ORDERS,
  licence_being_renewed: { text: 'Finish or cancel that purchase first.', link: OVERVIEW },
  nothing_to_renew: ({ through }: Params): NextStep => ({
    text: through
      ? `Ask your assistant to renew ${textOf(through)}.`
      : 'Ask your assistant to buy it without renewing.',
  }),
  order_not_found: ORDERS,
  other_edition: { text: 'Tell your assistant which edition you want.' },
  package_being_installed: WAIT,
  project_name_taken: ({ project }: Params): NextStep => ({
    text: `Tell your assistant to use the project ${textOf(project) || 'of that name'}, or that you want a second one.`,
  }),
  quote_already_used: NEW_PRICE,
  quote_expired: NEW_PRICE,
  renewal_too_early: { text: 'You need to do nothing until then.' },
  renewal_too_late: { text: 'Ask your assistant to buy it without renewing.' },
}
