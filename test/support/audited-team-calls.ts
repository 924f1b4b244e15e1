/** What each tool has answered so far. */
export type Results = Record<string, Record<string, unknown>>

/** A call that changes something, and the audit actions that it writes. */
export interface AuditedCall {
  tool: string
  input: (results: Results) => object
  events: string[]
}

/** The calls about orgs, members and invites, in an order in which each works. */
export const teamCalls = (named: () => { member: string; invite: string }): AuditedCall[] => [
  { tool: 'create_org', input: () => ({ name: 'Our other shops' }), events: ['create_org'] },
  {
    tool: 'invite_member',
    input: () => ({ email: 'new@example.test', role: 'developer' }),
    events: ['invite_member'],
  },
  {
    tool: 'revoke_invite',
    input: ({ invite_member }) => ({ invite: invite_member?.invite }),
    events: ['revoke_invite'],
  },
  {
    tool: 'change_member_role',
    input: () => ({ member: named().member, role: 'viewer' }),
    events: ['change_member_role'],
  },
  {
    tool: 'remove_member',
    input: () => ({ member: named().member }),
    events: ['remove_member'],
  },
  { tool: 'accept_invite', input: () => ({ invite: named().invite }), events: ['accept_invite'] },
]
