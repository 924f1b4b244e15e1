import type { NextStep } from './next-step.ts'

/** The link to the connected Git hosts. */
export const GIT = { href: '/account/git', text: 'See your Git hosts.' }
const CONNECT_AGAIN: NextStep = {
  text: 'Open the link of your assistant again, or connect it here.',
  link: GIT,
}

const TRY_LATER: NextStep = {
  text: 'Try again in some minutes; if it fails again, tell the operator of this market.',
}

/** What a person can do after a refusal of a Git host or about its access. Part of `NEXT_STEPS`. */
export const GIT_STEPS = {
  git_code_refused: CONNECT_AGAIN,
  git_failed_here: TRY_LATER,
  git_not_connected: CONNECT_AGAIN,
  git_repository_not_granted: CONNECT_AGAIN,
  git_wrong_account: CONNECT_AGAIN,
  git_consent_denied: CONNECT_AGAIN,
  git_consent_over: { text: 'See what is connected.', link: GIT },
  git_host_unavailable: { text: 'Try again in some minutes.', link: GIT },
  git_host_unknown: { text: 'Ask the operator of this market.', link: GIT },
  git_integration_broken: { text: 'Connect it again.', link: GIT },
  git_integration_not_found: { text: 'It may have been disconnected meanwhile.', link: GIT },
  git_state_expired: CONNECT_AGAIN,
  git_state_of_another_person: {
    text: 'Sign out, sign in as the person who began it, and open the link again.',
  },
  git_state_unknown: CONNECT_AGAIN,
  git_state_used: { text: 'See what is connected.', link: GIT },
  git_url_invalid: { text: 'Correct the URL, and send it again.' },
  git_url_refused: { text: 'Tell the operator of this market.' },
  repository_moved: { text: 'Publish it by the address that it has now.' },
  repository_not_accessible: CONNECT_AGAIN,
  repository_unreadable: TRY_LATER,
  too_many_tags: { text: 'Delete tags that are no versions, then try again.' },
} satisfies Record<string, NextStep>
