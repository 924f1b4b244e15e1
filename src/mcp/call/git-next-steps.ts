import { type NextStep, textOf } from './next-step.ts'

/** What a model can do after a refusal of a Git host or about its access. Part of `NEXT_STEPS`. */
export const GIT_STEPS = {
  git_failed_here: 'Try again in some minutes; if it fails again, tell the operator of this market.',
  git_host_unavailable: 'Try again in some minutes.',
  git_host_unknown: ({ hosts }) =>
    textOf(hosts) ? `Use one of: ${textOf(hosts)}.` : 'Ask the operator of this market.',
  git_not_connected: ({ host }) =>
    `Call start_git_integration for ${textOf(host)}; an owner or admin allows the access.`,
  git_repository_not_granted: ({ host }) =>
    `The user can add the repository, with the right to push, at ${textOf(host)}; or call start_git_integration with another account. Then publish with a new idempotency_key.`,
  git_url_refused: 'Tell the operator of this market.',
  git_wrong_account: ({ host }) =>
    `Check the URL. Or call start_git_integration for ${textOf(host)} and choose the account that owns it, then publish with a new idempotency_key.`,
  git_integration_broken: 'Call start_git_integration for this host; the user allows it again.',
  git_integration_not_found: 'Call list_git_integrations.',
  git_url_invalid: 'Correct it and try again.',
} satisfies Record<string, NextStep>
