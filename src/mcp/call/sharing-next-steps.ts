import type { SharingCode as AnySharingCode } from '#domain/sharing'
import type { NextStep } from './next-step.ts'

/** The codes of links are for the page that they open. An address that is none is refused for shares, too. */
export type SharingCode =
  | Exclude<AnySharingCode, 'share_for_another' | 'share_link_over' | 'share_withdrawn'>
  | 'email_not_valid'

/** What a model can do next after a refusal to share a project. */
export const SHARING_STEPS = {
  already_sees_project: 'There is nothing to share; list_org_members shows the members.',
  email_not_valid: 'Ask the user for the address.',
  share_end_past: 'Give a later until, or leave it out for a share without an end.',
  share_not_found: 'Call list_project_shares.',
  too_many_links: ({ limit }) =>
    limit === 'address'
      ? 'Let the user look for the last mail, or wait for retry_after_ms.'
      : 'Wait for retry_after_ms, then call again.',
  too_many_shares: 'End one by revoke_project_share first, or let the person become a member.',
} satisfies Record<SharingCode, NextStep>
