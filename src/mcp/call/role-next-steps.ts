import { type NextStep, textOf } from './next-step.ts'

/** What to do without the role for something. Without roles, an operation failed because its person lost the role. */
export const notAllowed: NextStep = ({ roles, instead }) => {
  if (!roles) return 'Connect again, then buy with a new idempotency_key.'
  const ask = `Ask a member with one of these roles to do it: ${textOf(roles)}.`
  return instead === 'fill_cart'
    ? `${ask} This role may prepare a purchase: put the packages into the cart by add_to_cart, show the price by quote_cart, and let them call checkout_cart.`
    : ask
}
