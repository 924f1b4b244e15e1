import type { Params } from '#kernel/errors'
import { type NextStep, textOf } from './next-step.ts'

/** Codes of publishing that no page returns. */
export type CodeOfPublishingOnly =
  | 'advisory_exists'
  | 'affected_versions_invalid'
  | 'archive_does_not_fit_type'
  | 'cve_invalid'
  | 'link_invalid'
  | 'not_a_version_tag'
  | 'tag_not_observed'
  | 'wrong_name'

const SHOP = { href: '/', text: 'See all packages.' }
const GO_BACK: NextStep = { text: 'Go back and correct it.' }
const TAG_AGAIN: NextStep = {
  text: 'Correct it, tag a new version, then ask your assistant to publish it again.',
}
const PACKAGES = { href: '/account/vendor/packages', text: 'See your packages.' }

/** What a vendor can do after a refusal on the pages of its packages, and a visitor of the shop. Part of `NEXT_STEPS`. */
export const PACKAGE_STEPS = {
  covers_too_many_packages: { text: 'Let fewer packages require it, then try again.', link: PACKAGES },
  currency_not_settled: ({ currencies }) => ({
    text: `Go back and use ${textOf(currencies) || 'another currency'}.`,
  }),
  manifest_invalid: TAG_AGAIN,
  manifest_missing: TAG_AGAIN,
  magento_version_unknown: ({ lines }) => ({
    text: `Choose one of ${textOf(lines) || 'the list'}.`,
    link: SHOP,
  }),
  package_changed: { text: 'Open the package again, look at it, and decide then.', link: PACKAGES },
  package_has_no_price: { text: 'Set a price first, or declare it free.', link: PACKAGES },
  price_invalid: GO_BACK,
  prices_mixed: { text: 'Go back and use one model for all paid editions.' },
  public_package_needs_price: { text: 'Stop its sale first, or declare it free.', link: PACKAGES },
  reason_invalid: GO_BACK,
  summary_invalid: GO_BACK,
  title_invalid: GO_BACK,
  version_field_disagrees: TAG_AGAIN,
  version_not_found: { text: 'Choose one of its versions.', link: PACKAGES },
} satisfies Record<string, NextStep | ((params: Params) => NextStep)>
