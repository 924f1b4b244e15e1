import type { VendorsCode } from '#domain/vendors'
import type { Params } from '#kernel/errors'

/** The link to the vendors of an org. */
export const VENDOR = { href: '/account/vendor', text: 'See your vendors.' }
const ANOTHER_SLUG = { text: 'Choose another one.' }

interface Step {
  text: string
  link?: typeof VENDOR
}

/** What a person can do next after a refusal of an application as a vendor. */
export const VENDOR_NEXT_STEPS = {
  application_declined: { text: 'The application says why. You can apply again.', link: VENDOR },
  application_differs: { text: 'An open application can be changed.', link: VENDOR },
  application_incomplete: { text: 'Apply first.', link: VENDOR },
  application_not_found: { text: 'See your applications.', link: VENDOR },
  application_over: { text: 'See how it ended.', link: VENDOR },
  application_withdrawn: { text: 'You can apply again.', link: VENDOR },
  too_many_applications: {
    text: 'Wait until the operator decides about one, or withdraw one.',
    link: VENDOR,
  },
  vendor_name_invalid: { text: 'Correct it.' },
  vendor_slug_invalid: ({ suggestion }) => ({
    text: typeof suggestion === 'string' ? `You could use ${suggestion}.` : 'Correct it.',
  }),
  vendor_slug_reserved: ANOTHER_SLUG,
  vendor_slug_similar: ANOTHER_SLUG,
  vendor_slug_taken: ANOTHER_SLUG,
  vendor_terms_not_current: { text: 'Read and accept the vendor terms.' },
  vendor_website_invalid: { text: 'Correct it.' },
} satisfies Record<VendorsCode, Step | ((params: Params) => Step)>
