import type { VendorsCode } from '#domain/vendors'
import type { Params } from '#kernel/errors'

const ANOTHER_SLUG = 'Ask the user for another slug.'

/** What a model can do next after a refusal of an application as a vendor. */
export const VENDOR_NEXT_STEPS = {
  application_declined:
    'Call get_vendor_dashboard for the reason and show it to the user; another application needs a new idempotency_key.',
  application_differs:
    'Ask the user whether to leave name and website out, with a new idempotency_key. An open application can be changed at /account/vendor.',
  application_incomplete:
    'Ask the user for the name and the website, let them accept /vendor-terms, then call with a new idempotency_key.',
  application_withdrawn: 'Ask the user whether to apply again, with a new idempotency_key.',
  too_many_applications: 'Wait for the operator; the user can withdraw one at /account/vendor.',
  vendor_name_invalid: 'Correct it and try again.',
  vendor_slug_invalid: ({ suggestion }) =>
    typeof suggestion === 'string' ? `Ask the user whether to use ${suggestion}.` : ANOTHER_SLUG,
  vendor_slug_reserved: ANOTHER_SLUG,
  vendor_slug_similar: ANOTHER_SLUG,
  vendor_slug_taken: 'Call list_vendors: it may be your own. Otherwise ask the user for another slug.',
  vendor_terms_not_current: ({ current }) =>
    `Let the user read and accept /vendor-terms, then pass its version as terms_version${typeof current === 'string' ? ` (${current})` : ''}.`,
  vendor_website_invalid: 'Correct it and try again.',
} satisfies Record<
  Exclude<VendorsCode, 'application_not_found' | 'application_over'>,
  string | ((params: Params) => string)
>
