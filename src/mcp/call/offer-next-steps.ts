import { type NextStep, textOf } from './next-step.ts'

/** What a vendor's assistant can do after a refusal of texts, prices or visibility, and a buyer's when there is no offer. Part of `NEXT_STEPS`. */
export const OFFER_STEPS = {
  currency_not_settled: ({ currencies }) => `Use ${textOf(currencies) || 'another currency'}.`,
  magento_version_unknown: ({ lines }) =>
    `Pass one of ${textOf(lines) || 'the known versions'}, or leave works_with out.`,
  package_changed:
    'Call update_package with dry_run to see it, then decide again with a new idempotency_key.',
  package_not_for_sale: ({ comes_with }) =>
    comes_with ? `Buy one of these instead: ${textOf(comes_with)}.` : 'Call list_packages for another one.',
  package_has_no_price: 'Call update_package with its prices, or with a price of the model free.',
  price_invalid: 'Correct it and try again.',
  prices_mixed: 'Use one currency, and one model for all paid editions.',
  public_package_needs_price:
    'Call set_package_visibility with withdrawn to stop its sale, or give a price with the model free.',
  reason_invalid: 'Correct it and try again.',
  summary_invalid: 'Correct it and try again.',
  title_invalid: 'Correct it and try again.',
} satisfies Record<string, NextStep>
