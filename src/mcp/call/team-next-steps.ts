import type { TeamCode } from '#domain/team'
import { type NextStep, textOf } from './next-step.ts'

/** Codes of what a person does in the browser alone. */
export type TeamCodeOfPagesOnly = 'name_not_typed' | 'org_in_use'

const IN_THE_BROWSER =
  'Tell the user to do it in the browser: at /account/team, or at /account for an invite.'

/** What a model can do after a refusal about orgs, members and invites. Part of `NEXT_STEPS`. */
export const TEAM_STEPS = {
  already_member: 'Call list_org_members; change_member_role gives another role.',
  email_not_valid: 'Ask the user for the address and call again.',
  invite_not_found:
    'Call get_my_dashboard for your own invites, or list_pending_invites for those of an org.',
  invite_over: 'Ask an owner or admin of that org for a new invite.',
  invite_pending: ({ invite }) =>
    `To send a new link, call revoke_invite for ${textOf(invite) || 'it'} first.`,
  last_owner: 'Tell the user to make another member an owner first, at /account/team.',
  member_not_found: 'Call list_org_members; with left, it lists who left.',
  org_name_invalid: 'Correct it and try again.',
  org_slug_invalid: 'Pass a slug such as acme-shop.',
  org_slug_taken: ({ yours }) =>
    yours ? 'Call list_orgs; there is nothing to create.' : 'Ask the user for another slug.',
  owners_only_in_browser: IN_THE_BROWSER,
  personal_org_stays: 'Call create_org for an org that can be handed over.',
  role_above_own: 'Ask an owner of the org to do it.',
  too_many_invites: 'Wait for retry_after_ms, then call again.',
  too_many_orgs: 'Wait for retry_after_ms, then call again.',
  too_many_pending_invites: 'Call list_pending_invites, and revoke_invite for those that nobody needs.',
} satisfies Record<Exclude<TeamCode, TeamCodeOfPagesOnly> | 'email_not_valid', NextStep>
