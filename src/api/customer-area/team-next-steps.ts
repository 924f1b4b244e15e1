import type { TeamCode } from '#domain/team'
import type { Params } from '#kernel/errors'
import { type NextStep, textOf } from './next-step.ts'

const TEAM = { href: '/account/team', text: 'See the team.' }
const GO_BACK: NextStep = { text: 'Go back and correct it.' }
const ASK = { text: 'Ask an owner or admin of the org for a new one.' }

/** What a person can do after a refusal about orgs, members and invites. Part of `NEXT_STEPS`. */
export const TEAM_STEPS = {
  already_member: { text: 'You can change the role instead.', link: TEAM },
  invite_not_found: { text: 'It may be for another address, or revoked.', link: TEAM },
  invite_over: ASK,
  invite_pending: { text: 'To send a new link, revoke that invite first.', link: TEAM },
  last_owner: { text: 'Make another member an owner first.', link: TEAM },
  member_not_found: { text: 'The person may have left meanwhile.', link: TEAM },
  name_not_typed: GO_BACK,
  org_in_use: {
    text: 'The page says what to do first.',
    link: { href: '/account/team/settings/delete', text: 'See it.' },
  },
  org_name_invalid: GO_BACK,
  org_slug_invalid: GO_BACK,
  org_slug_taken: ({ yours }) =>
    yours ? { text: 'Choose it in the menu at the top.' } : { text: 'Choose another one.' },
  personal_org_stays: {
    text: 'Create another org for what you may hand over or delete later.',
    link: { href: '/account/orgs/new', text: 'Create an org.' },
  },
  role_above_own: { text: 'Ask an owner of the org.', link: TEAM },
  too_many_invites: wait,
  too_many_orgs: wait,
  too_many_pending_invites: { text: 'Revoke those that nobody needs.', link: TEAM },
} satisfies Record<Exclude<TeamCode, 'owners_only_in_browser'>, NextStep | ((params: Params) => NextStep)>

function wait({ minutes }: Params): NextStep {
  const hours = Math.ceil(Number(textOf(minutes) || 60) / 60)
  return { text: `Wait ${hours} ${hours === 1 ? 'hour' : 'hours'}, then try again.` }
}
