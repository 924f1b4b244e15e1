/** What a person and an assistant can both do; a side that is empty has a reason. */
export interface Deed {
  tools: readonly string[]
  /** Routes of test/support/page-matrix.ts. */
  pages: readonly string[]
  /** Why one side is empty, or why the rights of both cannot be compared. */
  because?: string
}

const ONLY_IN_THE_BROWSER = 'product.md §3 keeps it to the browser'
const ACCOUNT = 'the sign-in of a person is theirs alone'
const OWN = 'the matrix of pages names an object of one person, the tool one of the caller'
const STEP = 'the part of an operation that only a person can do'

/** Everything that changes something. */
export const DEEDS: readonly Deed[] = [
  {
    tools: ['set_active_org'],
    pages: ['POST /account/active-org', 'POST /account/integrations/:id/org'],
    because: OWN,
  },
  { tools: ['create_org'], pages: ['POST /account/orgs/new'] },
  { tools: ['invite_member'], pages: ['POST /account/team/invites'] },
  { tools: ['revoke_invite'], pages: ['POST /account/team/invites/:invite/revoke'] },
  { tools: ['accept_invite'], pages: ['POST /invites/:ref/accept'], because: OWN },
  { tools: ['change_member_role'], pages: ['POST /account/team/members/:member/role'] },
  {
    tools: ['remove_member'],
    pages: ['POST /account/team/members/:member/remove'],
    because: 'everybody may leave, and the row is about somebody else',
  },
  { tools: ['setup_project', 'create_project'], pages: ['POST /account/projects/new'] },
  {
    // over MCP the cooldown is only raised, docs/decisions/0055
    tools: ['update_project'],
    pages: ['POST /account/projects/:project/settings', 'POST /account/projects/:project/cooldown'],
  },
  {
    tools: ['archive_project'],
    pages: ['POST /account/projects/:project/archive', 'POST /account/projects/:project/unarchive'],
  },
  { tools: ['create_project_token'], pages: ['POST /account/projects/:project/keys'] },
  { tools: ['rotate_project_token'], pages: ['POST /account/projects/:project/keys/:token/rotate'] },
  { tools: ['revoke_project_token'], pages: ['POST /account/projects/:project/keys/:token/revoke'] },
  {
    tools: ['revoke_project_token'],
    pages: ['POST /account/team/members/:member/tokens/:token/revoke'],
    because: 'stands on the page of a member, which guests have not',
  },
  { tools: ['share_project'], pages: ['POST /account/projects/:project/shares'] },
  { tools: ['revoke_project_share'], pages: ['POST /account/projects/:project/shares/:share/end'] },
  { tools: ['activate_licence'], pages: ['POST /account/licences/:licence/activate'] },
  { tools: ['move_activation'], pages: ['POST /account/licences/:licence/move'] },
  { tools: ['deactivate_licence'], pages: ['POST /account/licences/:licence/deactivate'] },
  { tools: ['add_to_cart'], pages: ['POST /account/cart/add'] },
  {
    tools: ['add_to_cart'],
    pages: ['POST /account/resolve/cart'],
  },
  { tools: ['remove_from_cart'], pages: ['POST /account/cart/remove'] },
  {
    tools: ['checkout_cart', 'purchase_and_install_package'],
    pages: ['POST /account/cart/checkout', 'POST /account/licences/:licence/renew'],
  },
  { tools: ['start_add_payment_method'], pages: ['POST /account/payment-methods'] },
  { tools: ['set_default_payment_method'], pages: ['POST /account/payment-methods/:id/default'] },
  { tools: ['update_billing_details'], pages: ['POST /account/billing'] },
  { tools: ['start_git_integration'], pages: ['POST /account/git'] },
  { tools: ['apply_as_vendor'], pages: ['POST /account/vendor/apply'] },
  {
    tools: ['bootstrap_vendor'],
    pages: ['POST /account/vendor/apply', 'POST /account/git'],
  },
  { tools: ['publish_package'], pages: ['POST /account/vendor/publish'] },
  {
    tools: ['update_package'],
    pages: ['POST /account/vendor/packages/:package/texts', 'POST /account/vendor/packages/:package/prices'],
  },
  { tools: ['set_package_visibility'], pages: ['POST /account/vendor/packages/:package/visibility'] },
  { tools: ['sync_package'], pages: ['POST /account/vendor/packages/:package/sync'] },
  {
    tools: ['withdraw_version'],
    pages: ['POST /account/vendor/packages/:package/versions/:version/withdraw'],
  },
  { tools: ['cancel_operation'], pages: ['POST /account/operations/:id/stop'], because: OWN },
  {
    tools: ['resolve_project'],
    pages: ['POST /account/resolve'],
    because: 'the tool refuses guests, and the page shows the form again to whoever works in no org',
  },
  { tools: ['list_audit_events'], pages: ['POST /account/audit/export'] },
  ...onPagesFor(ONLY_IN_THE_BROWSER, [
    'POST /account/team/settings/rename',
    'POST /account/team/settings/transfer',
    'POST /account/team/settings/delete',
    'POST /account/git/:id/disconnect',
    'POST /account/integrations/stop',
    'POST /account/integrations/:id/rename',
    'POST /account/integrations/:id/scopes',
    'POST /account/integrations/:id/limits',
    'POST /account/integrations/:id/revoke',
    'POST /account/integrations/revoke-all',
  ]),
  ...onPagesFor(ACCOUNT, [
    'POST /account/sessions/:id/end',
    'POST /account/sessions/end-all',
    'POST /account/second-factor/start',
    'POST /account/second-factor/confirm',
    'POST /account/second-factor/recovery-codes',
    'POST /account/second-factor/remove',
    'POST /account/email',
    'POST /account/password',
    'POST /invites/:ref/sign-up',
  ]),
  ...onPagesFor(STEP, ['POST /o/:link', 'POST /o/:link/keys']),
  ...onPagesFor('a mailed link proves that the person reads the mails of the address', [
    'POST /share/:token',
  ]),
  ...onPagesFor('only a person can type a card in again, so only a person takes one out', [
    'POST /account/payment-methods/:id/remove',
  ]),
  ...onPagesFor('a gap: product.md names no tool that changes or withdraws an application', [
    'POST /account/vendor/applications/:id',
    'POST /account/vendor/applications/:id/withdraw',
  ]),
]

function onPagesFor(because: string, pages: readonly string[]): Deed[] {
  return pages.map((page) => ({ tools: [], pages: [page], because }))
}

/** Where a person reads what each tool tells. */
export const READS: Readonly<Record<string, readonly string[]>> = {
  get_my_dashboard: ['GET /account'],
  whoami: ['GET /account', 'GET /account/security'],
  list_orgs: ['GET /account'],
  list_org_members: ['GET /account/team'],
  list_pending_invites: ['GET /account/team'],
  list_connections: ['GET /account/integrations'],
  list_vendors: ['GET /account/vendor'],
  get_vendor_dashboard: ['GET /account/vendor'],
  list_audit_events: ['GET /account/audit'],
  list_packages: ['GET /'],
  get_package: ['GET /packages/:vendor/:name'],
  list_package_versions: ['GET /packages/:vendor/:name/versions'],
  list_projects: ['GET /account/projects'],
  resolve_project: ['GET /account/resolve'],
  get_install_snippet: ['GET /account/projects/:project'],
  list_project_tokens: ['GET /account/projects/:project'],
  list_project_installs: ['GET /account/projects/:project/installs'],
  list_project_shares: ['GET /account/projects/:project'],
  list_licences: [
    'GET /account/licences',
    'GET /account/licences/export.csv',
    'GET /account/projects/:project/licences',
  ],
  get_licence: ['GET /account/licences/:licence'],
  get_cart: ['GET /account/cart'],
  quote_cart: ['GET /account/cart'],
  list_orders: ['GET /account/orders', 'GET /account/orders.csv'],
  get_order: ['GET /account/orders/:id'],
  list_invoices: ['GET /account/orders'],
  get_invoice: ['GET /account/invoices/:file'],
  list_payment_methods: ['GET /account/payment-methods'],
  list_git_integrations: ['GET /account/git'],
  list_git_repositories: ['GET /account/git/:id/repositories'],
  list_version_checks: ['GET /account/vendor/packages/:package/versions/:version'],
  list_missing_dependencies: ['GET /account/vendor/packages/:package'],
  get_operation: ['GET /o/:link', 'GET /account/operations/:id'],
  list_operations: ['GET /account', 'GET /account/operations'],
}
