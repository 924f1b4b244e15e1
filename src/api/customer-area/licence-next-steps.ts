import { type NextStep, textOf } from './next-step.ts'
import type { Params } from '#kernel/errors'

const LICENCES = { href: '/account/licences', text: 'See the licences.' }
const ANOTHER: NextStep = { text: 'Use another licence, or buy one.', link: LICENCES }

/** What a person can do after a refusal of a page of licences. Part of `NEXT_STEPS`. */
export const LICENCE_STEPS = {
  already_installed: ({ from }: Params): NextStep => ({
    text: `It is on both projects: deactivate it on ${textOf(from) || 'the first one'} instead.`,
  }),
  licence_expired: { text: 'Renew it on a project that has it, or buy another one.', link: LICENCES },
  licence_not_active: { text: 'It may have been moved meanwhile. Look at its projects.', link: LICENCES },
  licence_not_found: { text: 'Choose one of the org in which you work.', link: LICENCES },
  licence_refunded: ANOTHER,
  licence_reserved: { text: 'Wait until its purchase is over.', link: LICENCES },
  licence_revoked: ANOTHER,
  package_held_by_another_licence: { text: 'The project needs no second one. Choose another project.' },
}
