import type { Scope } from '#domain/orgs'
import { AUDIENCE, type Who } from './an-audience.ts'

/**
 * Every tool, in the order of the tool list. `y`: listed and allowed. `-`: neither. `?`: the org is not found. `401`: no
 * token. Check it against the role table of product.md; developers may buy once spend policies exist. `what it finds` is
 * what an allowed role gets for the input in test/support/tool-inputs.ts, which names only objects that do not exist.
 */
const TABLE = `
  tool                         | row of the role table                        | scopes            | what it finds             | owner admin developer billing viewer guest_developer guest_viewer stranger nobody
  get_my_dashboard             | about oneself                                | read              | answered                  |   y     y       y        y      y           y             y          y      401
  set_active_org               | about oneself                                | read              | org_not_found             |   y     y       y        y      y           y             y          ?      401
  purchase_and_install_package | buy, add a payment method                    | read projects buy | project_not_found         |   y     y       -        y      -           -             -          ?      401
  setup_project                | create projects                              | read projects     | answered                  |   y     y       y        -      -           -             -          ?      401
  publish_package              | vendor side                                  | read publish      | answered                  |   y     y       y        -      -           -             -          ?      401
  bootstrap_vendor             | vendor side: apply                           | read publish      | answered                  |   y     y       -        -      -           -             -          ?      401
  get_vendor_dashboard         | vendor side                                  | read publish      | answered                  |   y     y       y        y      -           -             -          ?      401
  whoami                       | about oneself                                | read              | answered                  |   y     y       y        y      y           y             y          y      401
  list_orgs                    | about oneself                                | read              | answered                  |   y     y       y        y      y           y             y          y      401
  create_org                   | about oneself                                | read team         | org_slug_taken            |   y     y       y        y      y           y             y          y      401
  list_org_members             | see org, members, projects, licences         | read              | answered                  |   y     y       y        y      y           -             -          ?      401
  change_member_role           | invite / remove members, change roles        | read team         | member_not_found          |   y     y       -        -      -           -             -          ?      401
  remove_member                | invite / remove members, change roles; leave | read team         | member_not_found          |   y     y       y        y      y           -             -          ?      401
  list_pending_invites         | invite / remove members, change roles        | read              | answered                  |   y     y       -        -      -           -             -          ?      401
  invite_member                | invite / remove members, change roles        | read team         | answered                  |   y     y       -        -      -           -             -          ?      401
  revoke_invite                | invite / remove members, change roles        | read team         | invite_not_found          |   y     y       -        -      -           -             -          ?      401
  accept_invite                | about oneself                                | read team         | invite_not_found          |   y     y       y        y      y           y             y          y      401
  list_connections             | about oneself                                | read              | answered                  |   y     y       y        y      y           y             y          y      401
  list_vendors                 | vendor side                                  | read              | answered                  |   y     y       y        y      -           -             -          ?      401
  apply_as_vendor              | vendor side: apply                           | read publish      | vendor_slug_reserved      |   y     y       -        -      -           -             -          ?      401
  list_audit_events            | read the org's audit log                     | read              | answered                  |   y     y       -        y      -           -             -          ?      401
  list_packages                | the public catalogue                         | read              | answered                  |   y     y       y        y      y           y             y          y      401
  get_package                  | the public catalogue                         | read              | package_not_found         |   y     y       y        y      y           y             y          y      401
  list_package_versions        | see org, members, projects, licences         | read              | package_not_found         |   y     y       y        y      y           -             -          ?      401
  list_projects                | see org, members, projects, licences         | read              | answered                  |   y     y       y        y      y           y             y          ?      401
  create_project               | create projects                              | read projects     | answered                  |   y     y       y        -      -           -             -          ?      401
  resolve_project              | see org, members, projects, licences         | read              | project_not_found         |   y     y       y        y      y           -             -          ?      401
  update_project               | rename projects                              | read projects     | project_not_found         |   y     y       y        -      -           -             -          ?      401
  archive_project              | archive projects                             | read projects     | project_not_found         |   y     y       y        -      -           -             -          ?      401
  get_install_snippet          | see org, members, projects, licences         | read              | project_not_found         |   y     y       y        y      y           y             y          ?      401
  list_project_tokens          | read project tokens                          | read              | project_not_found         |   y     y       y        -      -           y             -          ?      401
  create_project_token         | create project tokens                        | read projects     | project_not_found         |   y     y       y        -      -           y             -          ?      401
  rotate_project_token         | rotate project tokens                        | read projects     | project_token_not_found   |   y     y       y        -      -           y             -          ?      401
  revoke_project_token         | revoke project tokens                        | read projects     | project_token_not_found   |   y     y       y        -      -           y             -          ?      401
  list_project_installs        | see org, members, projects, licences         | read              | project_not_found         |   y     y       y        y      y           y             y          ?      401
  share_project                | share a project                              | read team         | project_not_found         |   y     y       -        -      -           -             -          ?      401
  revoke_project_share         | share a project                              | read team         | share_not_found           |   y     y       -        -      -           -             -          ?      401
  list_project_shares          | share a project                              | read              | project_not_found         |   y     y       -        -      -           -             -          ?      401
  list_licences                | see org, members, projects, licences         | read              | answered                  |   y     y       y        y      y           y             y          ?      401
  get_licence                  | see org, members, projects, licences         | read              | licence_not_found         |   y     y       y        y      y           y             y          ?      401
  activate_licence             | activate, move, deactivate licences          | read projects     | licence_not_found         |   y     y       y        -      -           -             -          ?      401
  move_activation              | activate, move, deactivate licences          | read projects     | licence_not_found         |   y     y       y        -      -           -             -          ?      401
  deactivate_licence           | activate, move, deactivate licences          | read projects     | licence_not_found         |   y     y       y        -      -           -             -          ?      401
  get_cart                     | fill the cart, ask for a quote               | read buy          | answered                  |   y     y       y        y      -           -             -          ?      401
  add_to_cart                  | fill the cart, ask for a quote               | read buy          | package_not_found         |   y     y       y        y      -           -             -          ?      401
  remove_from_cart             | fill the cart, ask for a quote               | read buy          | answered                  |   y     y       y        y      -           -             -          ?      401
  quote_cart                   | fill the cart, ask for a quote               | read buy          | project_not_found         |   y     y       y        y      -           -             -          ?      401
  checkout_cart                | buy, add a payment method                    | read projects buy | answered                  |   y     y       -        y      -           -             -          ?      401
  list_orders                  | see orders, invoices, prices paid            | read              | answered                  |   y     y       y        y      -           -             -          ?      401
  get_order                    | see orders, invoices, prices paid            | read              | order_not_found           |   y     y       y        y      -           -             -          ?      401
  list_invoices                | see orders, invoices, prices paid            | read              | answered                  |   y     y       y        y      -           -             -          ?      401
  get_invoice                  | see orders, invoices, prices paid            | read              | invoice_not_found         |   y     y       y        y      -           -             -          ?      401
  list_payment_methods         | buy, add a payment method                    | read buy          | answered                  |   y     y       -        y      -           -             -          ?      401
  start_add_payment_method     | buy, add a payment method                    | read buy          | answered                  |   y     y       -        y      -           -             -          ?      401
  set_default_payment_method   | buy, add a payment method                    | read buy          | payment_method_not_found  |   y     y       -        y      -           -             -          ?      401
  update_billing_details       | to whom invoices are made out                | read buy          | answered                  |   y     y       -        y      -           -             -          ?      401
  list_git_integrations        | vendor side                                  | read publish      | answered                  |   y     y       y        -      -           -             -          ?      401
  list_git_repositories        | vendor side                                  | read publish      | git_integration_not_found |   y     y       y        -      -           -             -          ?      401
  start_git_integration        | vendor side: integrations                    | read publish      | answered                  |   y     y       -        -      -           -             -          ?      401
  update_package               | vendor side: prices                          | read publish      | package_not_found         |   y     y       -        -      -           -             -          ?      401
  set_package_visibility       | vendor side: visibility                      | read publish      | package_not_found         |   y     y       -        -      -           -             -          ?      401
  sync_package                 | vendor side                                  | read publish      | answered                  |   y     y       y        -      -           -             -          ?      401
  list_version_checks          | vendor side                                  | read publish      | package_not_found         |   y     y       y        -      -           -             -          ?      401
  list_missing_dependencies    | vendor side                                  | read publish      | answered                  |   y     y       y        -      -           -             -          ?      401
  withdraw_version             | vendor side                                  | read publish      | version_not_found         |   y     y       y        -      -           -             -          ?      401
  get_operation                | one's own                                    | read              | operation_not_found       |   y     y       y        y      y           y             y          y      401
  list_operations              | one's own                                    | read              | answered                  |   y     y       y        y      y           -             -          ?      401
  cancel_operation             | one's own                                    | read              | operation_not_found       |   y     y       y        y      y           y             y          y      401
`

export interface ToolRow {
  tool: string
  scopes: Scope[]
  /** `answered`, or the code of the refusal. */
  finds: string
  may: readonly Who[]
  /** The mark of each column. */
  marks: Readonly<Record<Who, string>>
}

export const TOOL_MATRIX: readonly ToolRow[] = TABLE.trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [tool = '', , scopes = '', finds = '', cells = ''] = line.split('|').map((cell) => cell.trim())
    const each = cells.split(/\s+/)
    const marks = Object.fromEntries(AUDIENCE.map((who, i) => [who, each[i] ?? ''])) as ToolRow['marks']
    return {
      tool,
      scopes: scopes.split(' ') as Scope[],
      finds,
      may: AUDIENCE.filter((who) => marks[who] === 'y'),
      marks,
    }
  })
