import { VENDOR_TERMS_VERSION } from '#domain/vendors'
import { mintId } from '#kernel/ids'

const AT = new Date('2026-01-01T00:00:00Z')
const absent = <Prefix extends string>(prefix: Prefix) => mintId(prefix, AT, Math.random)

/** A valid input for each tool that names only objects that do not exist. A test may add `org`. */
export const INPUTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  get_my_dashboard: {},
  set_active_org: { org: 'no-such-org' },
  purchase_and_install_package: {
    packages: ['no/body'],
    project: absent('prj'),
    idempotency_key: 'a-purchase-of-nothing',
    dry_run: true,
  },
  setup_project: { name: 'A shop' },
  whoami: {},
  list_orgs: {},
  create_org: { name: 'Packagento' },
  list_org_members: {},
  change_member_role: { member: absent('cst'), role: 'viewer' },
  remove_member: { member: absent('cst') },
  list_pending_invites: {},
  invite_member: { email: 'nobody@example.test', role: 'viewer' },
  revoke_invite: { invite: absent('inv') },
  accept_invite: { invite: absent('inv') },
  list_connections: {},
  list_vendors: {},
  get_vendor_dashboard: {},
  apply_as_vendor: {
    slug: 'magento',
    name: 'Nobody',
    website: 'https://nobody.example',
    terms_version: VENDOR_TERMS_VERSION,
  },
  bootstrap_vendor: { slug: 'no-body', host: 'git.example', idempotency_key: 'a-vendor-of-nothing' },
  list_audit_events: {},
  list_packages: {},
  get_package: { package: 'no/body' },
  list_package_versions: { package: 'no/body' },
  list_projects: {},
  create_project: { name: 'Another shop' },
  resolve_project: { composer_json: { require: { 'no/body': '*' } }, project: absent('prj') },
  update_project: { project: absent('prj') },
  archive_project: { project: absent('prj') },
  get_install_snippet: { project: absent('prj') },
  list_project_tokens: { project: absent('prj') },
  create_project_token: { project: absent('prj') },
  rotate_project_token: { token: absent('ptk') },
  revoke_project_token: { token: absent('ptk') },
  list_project_installs: { project: absent('prj') },
  share_project: { project: absent('prj'), email: 'agency@example.test', role: 'viewer' },
  revoke_project_share: { share: absent('shr') },
  list_project_shares: { project: absent('prj') },
  list_licences: {},
  get_licence: { licence: absent('lic') },
  activate_licence: { licence: absent('lic'), project: absent('prj') },
  move_activation: { licence: absent('lic'), from: absent('prj'), to: absent('prj') },
  deactivate_licence: { licence: absent('lic'), project: absent('prj') },
  get_cart: {},
  add_to_cart: { packages: ['no/body'] },
  remove_from_cart: { packages: ['no/body'] },
  quote_cart: { project: absent('prj') },
  checkout_cart: {
    quote: `quo_t0000_${'0'.repeat(12)}_${'0'.repeat(32)}`,
    project: absent('prj'),
    idempotency_key: 'a-checkout-of-nothing',
  },
  list_orders: {},
  get_order: { order: absent('ord') },
  list_invoices: {},
  get_invoice: { invoice: '1999-000001' },
  list_payment_methods: {},
  start_add_payment_method: { idempotency_key: 'a-card-for-nothing' },
  set_default_payment_method: { payment_method: absent('pmt') },
  update_billing_details: {},
  list_git_integrations: {},
  list_git_repositories: { integration: absent('git') },
  publish_package: {
    repositories: ['https://git.example/no/body'],
    idempotency_key: 'a-publication-of-nothing',
  },
  update_package: { package: 'no/body', title: 'Nothing', idempotency_key: 'a-change-of-nothing' },
  set_package_visibility: {
    package: 'no/body',
    visibility: 'hidden',
    idempotency_key: 'a-visibility-of-nothing',
  },
  sync_package: { package: 'no/body', idempotency_key: 'a-look-at-nothing' },
  list_version_checks: { package: 'no/body' },
  list_missing_dependencies: {},
  withdraw_version: { package: 'no/body', version: '1.0.0', reason: 'It does not load.' },
  start_git_integration: { host: 'git.example', idempotency_key: 'a-git-host-for-nothing' },
  get_operation: { operation_id: absent('op') },
  list_operations: {},
  cancel_operation: { operation_id: absent('op') },
}

/** A copy of the input for a tool; throws when the tool has none. */
export function inputFor(tool: string): Record<string, unknown> {
  const input = INPUTS[tool]
  if (!input) throw new Error(`${tool} needs an input in test/support/tool-inputs.ts`)
  return { ...input }
}
