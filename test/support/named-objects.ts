import type { Possessions } from './possessions.ts'

/** What a parameter may name: an object of an org, by id or by another reference. */
export type Kind = keyof Possessions

/** Every parameter that names an object of an org; `own` are the caller's own objects for the other parameters. */
export const SWEEP: readonly {
  tool: string
  parameter: string
  kinds: Kind[]
  own?: Record<string, Kind>
}[] = [
  { tool: 'purchase_and_install_package', parameter: 'project', kinds: ['project', 'slug'] },
  { tool: 'change_member_role', parameter: 'member', kinds: ['member'] },
  { tool: 'remove_member', parameter: 'member', kinds: ['member'] },
  { tool: 'revoke_invite', parameter: 'invite', kinds: ['invite'] },
  { tool: 'accept_invite', parameter: 'invite', kinds: ['invite'] },
  { tool: 'list_package_versions', parameter: 'project', kinds: ['project', 'slug'] },
  { tool: 'resolve_project', parameter: 'project', kinds: ['project', 'slug'] },
  { tool: 'update_project', parameter: 'project', kinds: ['project', 'slug'] },
  { tool: 'archive_project', parameter: 'project', kinds: ['project', 'slug'] },
  { tool: 'get_install_snippet', parameter: 'project', kinds: ['project', 'slug'] },
  { tool: 'list_project_tokens', parameter: 'project', kinds: ['project', 'slug'] },
  { tool: 'create_project_token', parameter: 'project', kinds: ['project', 'slug'] },
  { tool: 'rotate_project_token', parameter: 'token', kinds: ['token', 'publicKey'] },
  { tool: 'revoke_project_token', parameter: 'token', kinds: ['token', 'publicKey'] },
  { tool: 'list_project_installs', parameter: 'project', kinds: ['project', 'slug'] },
  { tool: 'share_project', parameter: 'project', kinds: ['project', 'slug'] },
  { tool: 'revoke_project_share', parameter: 'share', kinds: ['share'] },
  { tool: 'list_project_shares', parameter: 'project', kinds: ['project', 'slug'] },
  { tool: 'get_licence', parameter: 'licence', kinds: ['licence'] },
  { tool: 'activate_licence', parameter: 'licence', kinds: ['licence'], own: { project: 'empty' } },
  { tool: 'activate_licence', parameter: 'project', kinds: ['project', 'slug'], own: { licence: 'free' } },
  {
    tool: 'move_activation',
    parameter: 'licence',
    kinds: ['licence'],
    own: { from: 'project', to: 'empty' },
  },
  {
    tool: 'move_activation',
    parameter: 'from',
    kinds: ['project', 'slug'],
    own: { licence: 'licence', to: 'empty' },
  },
  {
    tool: 'move_activation',
    parameter: 'to',
    kinds: ['empty', 'slug'],
    own: { licence: 'licence', from: 'project' },
  },
  { tool: 'deactivate_licence', parameter: 'licence', kinds: ['licence'], own: { project: 'project' } },
  {
    tool: 'deactivate_licence',
    parameter: 'project',
    kinds: ['project', 'slug'],
    own: { licence: 'licence' },
  },
  { tool: 'quote_cart', parameter: 'project', kinds: ['project', 'slug'] },
  { tool: 'get_order', parameter: 'order', kinds: ['order'] },
  { tool: 'get_invoice', parameter: 'invoice', kinds: ['invoice', 'order'] },
  { tool: 'list_git_repositories', parameter: 'integration', kinds: ['integration'] },
  { tool: 'get_operation', parameter: 'operation_id', kinds: ['operation'] },
  { tool: 'cancel_operation', parameter: 'operation_id', kinds: ['operation'] },
]
