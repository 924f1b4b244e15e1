import { expect, test } from 'vitest'
import type { Scope } from '#domain/orgs'
import { SCOPE_WORDS } from '../../../src/api/customer-area/scope-words.ts'
import { scopesOf } from '../../../src/mcp/call/tool.ts'
import { tools } from '../../../src/mcp/tools/index.ts'

/** What each tool does, as the label and the hint of its scope say it on the consent page. */
const SAID: Record<string, readonly string[]> = {
  // read
  get_install_snippet: ['projects', 'no keys'],
  get_invoice: ['invoices'],
  get_licence: ['licences'],
  get_my_dashboard: ['your orgs', 'invites'],
  get_operation: ['operations', 'no keys'],
  get_order: ['orders'],
  get_package: ['Look up packages'],
  list_audit_events: ['the audit log'],
  list_connections: ['assistants'],
  list_invoices: ['invoices'],
  list_licences: ['licences'],
  list_operations: ['operations'],
  list_orders: ['orders'],
  list_org_members: ['members'],
  list_orgs: ['your orgs'],
  list_package_versions: ['Look up packages'],
  list_packages: ['Look up packages'],
  list_pending_invites: ['invites'],
  list_project_installs: ['projects'],
  list_project_shares: ['projects', 'invites'],
  list_project_tokens: ['projects', 'no keys'],
  list_projects: ['projects'],
  list_vendors: ['vendors'],
  resolve_project: ['check what a shop needs'],
  set_active_org: ['choose the org in which it works'],
  whoami: ['your orgs'],
  // projects
  activate_licence: ['Assign licences to projects'],
  archive_project: ['archive projects'],
  create_project: ['Set up'],
  create_project_token: ['Make', 'keys'],
  deactivate_licence: ['take them away'],
  move_activation: ['move them'],
  revoke_project_token: ['revoke their keys'],
  rotate_project_token: ['replace', 'keys'],
  setup_project: ['Set up', 'Make', 'keys'],
  update_project: ['change'],
  // buy
  add_to_cart: ['Fill the cart'],
  checkout_cart: ['Buy with a saved card'],
  get_cart: ['the cart'],
  list_payment_methods: ['See the saved cards'],
  purchase_and_install_package: ['Buy with a saved card'],
  quote_cart: ['the cart'],
  remove_from_cart: ['Fill the cart'],
  set_default_payment_method: ['choose the default card'],
  start_add_payment_method: ['open the page on which you add one'],
  update_billing_details: ['Change to whom invoices are made out'],
  // publish
  apply_as_vendor: ['Apply as a vendor'],
  bootstrap_vendor: ['Apply as a vendor', 'Connect Git hosts'],
  get_vendor_dashboard: ['See sales'],
  list_git_integrations: ['Git hosts'],
  list_git_repositories: ['list their repositories'],
  list_missing_dependencies: ['missing packages'],
  list_version_checks: ['checks'],
  publish_package: ['Publish packages'],
  set_package_visibility: ['visibility'],
  start_git_integration: ['Connect Git hosts'],
  sync_package: ['Publish packages'],
  update_package: ['texts, prices'],
  withdraw_version: ['withdraw versions'],
  // team
  accept_invite: ['accept yours'],
  change_member_role: ['Change roles'],
  create_org: ['Create orgs'],
  invite_member: ['Invite people'],
  remove_member: ['remove members'],
  revoke_invite: ['withdraw invites'],
  revoke_project_share: ['end shares'],
  share_project: ['Share projects'],
}

const said = (scope: Scope) => `${SCOPE_WORDS[scope].label}. ${SCOPE_WORDS[scope].hint}`

test('the consent names what each tool does, in the words of the last scope that the tool needs', () => {
  // its own test is below: what it stops decides which scope it needs
  const consented = tools.filter(({ name }) => name !== 'cancel_operation')
  const unsaid = consented.flatMap((tool) => {
    const scope = scopesOf(tool).at(-1) ?? 'read'
    const phrases = SAID[tool.name] ?? [`a phrase for ${tool.name}`]
    return phrases.filter((phrase) => !said(scope).includes(phrase)).map((phrase) => [scope, phrase])
  })

  expect(unsaid).toEqual([])
  expect(Object.keys(SAID).toSorted()).toEqual(consented.map(({ name }) => name).toSorted())
})

test('the consent says for each scope that starts an operation that it can also stop it', () => {
  const starts = tools.filter(({ kind }) => kind === 'story').map((tool) => scopesOf(tool).at(-1))

  expect(new Set(starts)).toEqual(new Set(['buy', 'publish']))
  expect(said('buy')).toContain('stop purchases')
  expect(said('publish')).toContain('stop publications')
})
