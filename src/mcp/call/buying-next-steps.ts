import type { Params } from '#kernel/errors'
import { type NextStep, textOf } from './next-step.ts'

const TWO = 'If the user really wants two, pass force_another: true with a new idempotency_key.'

/** Names the purchase in the way. It may be a colleague's, whom get_operation does not show it. */
const lookAt = ({ operation }: Params): string =>
  operation
    ? `Call get_operation for ${textOf(operation)} (a colleague's is open in list_orders).`
    : 'Call list_operations and wait for it to end.'

/** What a model can do after a refusal of a purchase, a cart, a renewal or a licence. Part of `NEXT_STEPS`. */
export const BUYING_STEPS = {
  already_being_bought: (params) => `${lookAt(params)} Do not buy it again. ${TWO}`,
  cart_is_being_checked_out:
    'Wait for its end. Its order is open in list_orders; the member who placed it, or an owner or admin, may call cancel_operation (get_order has its id).',
  cart_is_empty: 'Call add_to_cart, then quote_cart.',
  cart_is_full: 'Buy what is in it by checkout_cart, or call remove_from_cart.',
  composer_file_unreadable: ({ fault }) =>
    fault === 'too_long' || fault === 'too_many'
      ? 'Leave composer_lock out and pass installed: only the lines of paid packages.'
      : 'Pass the file of the project as it is, as text or as an object.',
  mixed_currencies: 'Buy them one by one.',
  package_held_by_another_licence: ({ held_by }) =>
    `There is nothing to do; to use the other licence, call deactivate_licence for ${textOf(held_by)} first.`,
  price_changed: ({ price }) =>
    `Get a new quote for the same project and card (dry_run, or quote_cart for a cart), show it to the buyer, then buy with it (now ${textOf(price)}).`,
  quote_malformed: 'Pass the quote of a dry_run or of quote_cart unchanged, or leave it out.',
  edition_not_sold: ({ sold }) =>
    textOf(sold)
      ? `It is sold for: ${textOf(sold)}; for one of these name the edition and pass accept_other_edition.`
      : 'It cannot be bought by itself.',
  licence_being_renewed: (params) =>
    `${lookAt(params)} ${params['paid'] ? `Nothing is to do. ${TWO}` : 'Do not renew it again.'}`,
  nothing_to_renew: ({ through }) =>
    through ? `Renew ${textOf(through)}.` : 'Call list_licences, and leave renew out to buy it.',
  other_edition: ({ edition, project }) =>
    `Leave the edition out to buy the one for ${textOf(project) || 'the project'}. If the user wants ${textOf(edition) || 'the other one'}, pass accept_other_edition: true.`,
  package_being_installed: (params) => `${lookAt(params)} Do not buy it again.`,
  project_name_taken: (params, field) => {
    const pass = params['operation'] ? `${lookAt(params)} After its end pass` : 'Pass'
    const where = field === 'name' ? ' to create_project_token or a purchase' : ', not new_project'
    return `${pass} project: ${textOf(params['project']) || 'its slug'}${where}. ${TWO}`
  },
  quote_already_used: 'Call get_operation, or ask for a new quote by a dry_run, or by quote_cart for a cart.',
  quote_expired: 'Ask for a new one by a dry_run, or by quote_cart for a cart.',
  renewal_too_early: 'Tell the user; nothing is to do until then.',
  renewal_too_late: 'Leave renew out: that buys a year from now.',
} satisfies Record<string, NextStep>
