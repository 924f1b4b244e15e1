import type { AuditedRoute } from './audited-route.ts'

/** The rows of `ROUTES` about teams, invites and orgs. */
export const TEAM_ROUTES: Readonly<Record<string, AuditedRoute>> = {
  'POST /account/orgs/new': { does: 'create_org', testedIn: 'team-settings' },
  'POST /account/team/invites': {
    does: 'invite_member',
    send: ({ visitor }) =>
      visitor.post('/account/team/invites', {
        org: 'acme-retail',
        email: 'new@example.test',
        role: 'viewer',
      }),
    refuse: ({ visitor }) =>
      visitor.post('/account/team/invites', {
        org: 'acme-retail',
        email: 'other@example.test',
        role: 'viewer',
      }),
  },
  'POST /account/team/invites/:invite/revoke': { does: 'revoke_invite', testedIn: 'team-invites' },
  'POST /account/team/members/:member/role': { does: 'change_member_role', testedIn: 'team' },
  'POST /account/team/members/:member/remove': { does: 'remove_member', testedIn: 'team' },
  'POST /account/team/members/:member/tokens/:token/revoke': {
    does: 'revoke_project_token',
    testedIn: 'team',
  },
  'POST /account/team/settings/rename': {
    does: 'rename_org',
    send: ({ visitor }) =>
      visitor.post('/account/team/settings/rename', { org: 'acme-retail', name: 'Acme Shops' }),
    refuse: ({ visitor }) =>
      visitor.post('/account/team/settings/rename', { org: 'acme-retail', name: 'Mine' }),
  },
  'POST /account/team/settings/transfer': { does: 'transfer_org', testedIn: 'team-settings' },
  'POST /account/team/settings/delete': { does: 'delete_org', testedIn: 'team-settings' },
  'POST /invites/:ref/accept': { does: 'accept_invite', testedIn: 'team-invites' },
  'POST /invites/:ref/sign-up': { does: 'request_sign_up', testedIn: 'team-invites' },
}
