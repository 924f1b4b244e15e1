import { VENDOR_TERMS_VERSION } from '#domain/vendors'
import { TOOLSETS } from '../../src/mcp/call/toolset.ts'
import type { AuditedRoute } from './audited-route.ts'
import { TEAM_ROUTES } from './audited-team-routes.ts'

const AN_APPLICATION = {
  org: 'acme-retail',
  slug: 'acme-forms',
  name: 'Acme',
  website: 'https://acme.example',
  terms: VENDOR_TERMS_VERSION,
}

const BILLING_DETAILS = { org: 'acme-retail', legalName: 'Acme', address: '1 Road', country: 'GB' }
const CART_ITEM = { org: 'acme-retail', package: 'northwind/module-search' }

/**
 * What each route that is no GET writes when it works and when it is refused; `testedIn`: the test that looks for its
 * event; `machine`: no person uses it, or it changes nothing yet.
 */
export const ROUTES: Readonly<Record<string, AuditedRoute>> = {
  'POST /account/active-org': {
    does: 'choose_active_org',
    send: ({ visitor }) => visitor.post('/account/active-org', { org: 'globex' }),
    refuse: ({ visitor }) => visitor.post('/account/active-org', { org: 'northwind' }),
  },
  ...TEAM_ROUTES,
  'POST /account/email': {
    does: 'request_email_change',
    send: ({ visitor }) => visitor.post('/account/email', { email: 'other@example.test' }),
  },
  'POST /account/operations/:id/stop': { does: 'cancel_operation', testedIn: 'operations-of-others' },
  'POST /account/password': { does: 'change_password', testedIn: 'account/change-password' },
  'POST /account/resolve': { machine: 'reads the files of a shop, and changes nothing' },
  'POST /account/resolve/cart': { does: 'add_to_cart', testedIn: 'resolve-page' },
  'POST /account/second-factor/start': { machine: 'begins, and changes nothing before it is confirmed' },
  'POST /account/second-factor/confirm': { does: 'add_second_factor', testedIn: 'account/audited-settings' },
  'POST /account/second-factor/remove': {
    does: 'remove_second_factor',
    testedIn: 'account/audited-settings',
  },
  'POST /account/second-factor/recovery-codes': {
    does: 'renew_recovery_codes',
    testedIn: 'account/audited-settings',
  },
  'POST /account/sessions/:id/end': { does: 'sign_out', testedIn: 'account/audited-settings' },
  'POST /account/sessions/end-all': { does: 'sign_out_everywhere', testedIn: 'account/sessions' },
  'POST /account/integrations/:id/rename': {
    does: 'rename_connection',
    send: ({ visitor, connection }) =>
      visitor.post(`/account/integrations/${connection}/rename`, { label: 'Mine' }),
    refuse: ({ visitor, connection }) =>
      visitor.post(`/account/integrations/${connection}/rename`, { label: 'Mine' }),
  },
  'POST /account/integrations/:id/org': {
    does: 'set_active_org',
    send: ({ visitor, connection }) =>
      visitor.post(`/account/integrations/${connection}/org`, { org: 'globex' }),
    refuse: ({ visitor, connection }) =>
      visitor.post(`/account/integrations/${connection}/org`, { org: 'globex' }),
  },
  'POST /account/integrations/:id/scopes': {
    does: 'change_scopes',
    send: ({ visitor, connection }) =>
      visitor.post(`/account/integrations/${connection}/scopes`, { scope: 'buy' }),
    refuse: ({ visitor, connection }) =>
      visitor.post(`/account/integrations/${connection}/scopes`, { scope: 'buy' }),
  },
  'POST /account/integrations/:id/limits': {
    does: 'set_spending_rules',
    send: ({ visitor, connection }) =>
      visitor.post(`/account/integrations/${connection}/limits`, {
        spending_currency_0: 'EUR',
        spending_per_purchase_0: '1',
        spending_per_day_0: '2',
        spending_per_month_0: '3',
      }),
    refuse: ({ visitor, connection }) => visitor.post(`/account/integrations/${connection}/limits`),
  },
  'POST /account/integrations/:id/revoke': {
    does: 'revoke_connection',
    send: ({ visitor, connection }) => visitor.post(`/account/integrations/${connection}/revoke`),
  },
  'POST /account/integrations/revoke-all': {
    does: 'revoke_connection',
    send: ({ visitor }) => visitor.post('/account/integrations/revoke-all'),
  },
  'POST /account/integrations/stop': {
    does: 'stop_spending',
    send: ({ visitor }) => visitor.post('/account/integrations/stop', { org: 'acme-retail', stop: 'yes' }),
    refuse: ({ visitor }) => visitor.post('/account/integrations/stop', { org: 'acme-retail', stop: 'yes' }),
  },
  'POST /account/projects/new': { does: 'setup_project', testedIn: 'projects' },
  'POST /account/projects/:project/archive': { does: 'archive_project', testedIn: 'projects' },
  'POST /account/projects/:project/unarchive': { does: 'unarchive_project', testedIn: 'projects' },
  'POST /account/projects/:project/settings': { does: 'update_project', testedIn: 'projects' },
  'POST /account/projects/:project/keys': { does: 'create_project_token', testedIn: 'projects' },
  'POST /account/projects/:project/keys/:token/rotate': {
    does: 'rotate_project_token',
    testedIn: 'project-keys',
  },
  'POST /account/projects/:project/keys/:token/revoke': {
    does: 'revoke_project_token',
    testedIn: 'projects',
  },
  'POST /account/projects/:project/shares': { does: 'share_project', testedIn: 'projects' },
  'POST /account/projects/:project/shares/:share/end': {
    does: 'revoke_project_share',
    testedIn: 'projects',
  },
  'POST /share/:token': { does: 'accept_share', testedIn: 'project-guests' },
  'POST /account/projects/:project/cooldown': { does: 'set_cooldown', testedIn: 'project-page' },
  'POST /connect/:uid/consent': { does: 'connect', testedIn: 'oauth/connections' },
  'POST /connect/:uid/deny': { does: 'refuse_connection', testedIn: 'oauth/connections' },
  'POST /device': { machine: 'only looks for the code' },
  'POST /device/allow': { does: 'connect', testedIn: 'oauth/device' },
  'POST /device/deny': { does: 'refuse_connection', testedIn: 'oauth/device' },
  'POST /oauth/device_authorization': { machine: 'a client asks for a code, and no person is known' },
  'POST /link/:token': { does: 'sign_up', testedIn: 'account/settings' },
  'POST /oauth/register': { machine: 'a client registers, and no person is known' },
  'POST /oauth/revoke': { does: 'revoke_connection', testedIn: 'oauth/connections' },
  'POST /oauth/token': { machine: 'follows the consent, which is written' },
  'POST /pickup/:link': { does: 'pick_up_auth_json', testedIn: 'pickup-repeats' },
  'POST /reset-password': { does: 'request_password_reset', testedIn: 'account/reset-password' },
  'POST /sign-in/code': { does: 'enter_code', testedIn: 'account/audited-settings' },
  'POST /sign-up': { machine: 'the mailed link opens the account, and that is written' },
  'POST /sign-in': {
    does: 'sign_in',
    send: ({ visitor }) => visitor.signIn('buyer'),
    refuse: ({ visitor }) => visitor.signIn('viewer', 'a wrong password'),
  },
  'POST /sign-out': { does: 'sign_out', send: ({ visitor }) => visitor.post('/sign-out') },
  'POST /account/billing': {
    does: 'change_billing_details',
    send: ({ visitor }) => visitor.post('/account/billing', BILLING_DETAILS),
    refuse: ({ visitor }) => visitor.post('/account/billing', BILLING_DETAILS),
  },
  'POST /account/cart/add': {
    does: 'add_to_cart',
    send: ({ visitor }) => visitor.post('/account/cart/add', CART_ITEM),
    refuse: ({ visitor }) => visitor.post('/account/cart/add', CART_ITEM),
  },
  'POST /account/cart/remove': { does: 'remove_from_cart', testedIn: 'cart-pages' },
  'POST /account/cart/checkout': { does: 'checkout_cart', testedIn: 'cart-pages' },
  'POST /account/licences/:licence/activate': { does: 'activate_licence', testedIn: 'licence-pages' },
  'POST /account/licences/:licence/move': { does: 'move_activation', testedIn: 'licence-pages' },
  'POST /account/licences/:licence/deactivate': { does: 'deactivate_licence', testedIn: 'licence-pages' },
  'POST /account/licences/:licence/renew': { does: 'start_operation', testedIn: 'licence-renewals' },
  'POST /o/:link/keys': { does: 'show_auth_json', testedIn: 'cart-pages' },
  'POST /account/payment-methods': {
    does: 'start_operation',
    send: ({ visitor }) => visitor.post('/account/payment-methods', { org: 'acme-retail' }),
    refuse: ({ visitor }) => visitor.post('/account/payment-methods', { org: 'acme-retail' }),
  },
  'POST /account/payment-methods/:id/default': {
    does: 'make_payment_method_default',
    send: ({ visitor, card }) =>
      visitor.post(`/account/payment-methods/${card}/default`, { org: 'acme-retail' }),
    refuse: ({ visitor, card }) =>
      visitor.post(`/account/payment-methods/${card}/default`, { org: 'acme-retail' }),
  },
  'POST /account/payment-methods/:id/remove': {
    does: 'remove_payment_method',
    send: ({ visitor, card }) =>
      visitor.post(`/account/payment-methods/${card}/remove`, { org: 'acme-retail' }),
    refuse: ({ visitor, card }) =>
      visitor.post(`/account/payment-methods/${card}/remove`, { org: 'acme-retail' }),
  },
  'POST /account/vendor/packages/:package/texts': { does: 'update_package', testedIn: 'vendor-packages' },
  'POST /account/vendor/packages/:package/prices': { does: 'update_package', testedIn: 'vendor-packages' },
  'POST /account/vendor/packages/:package/visibility': {
    does: 'set_package_visibility',
    testedIn: 'vendor-packages',
  },
  'POST /account/vendor/packages/:package/sync': { does: 'start_operation', testedIn: 'vendor-packages' },
  'POST /account/vendor/packages/:package/versions/:version/withdraw': {
    does: 'withdraw_version',
    testedIn: 'vendor-packages',
  },
  'POST /account/vendor/publish': { does: 'start_operation', testedIn: 'publish-page' },
  'POST /account/vendor/apply': {
    does: 'apply_as_vendor',
    send: ({ visitor }) => visitor.post('/account/vendor/apply', AN_APPLICATION),
    refuse: ({ visitor }) => visitor.post('/account/vendor/apply', AN_APPLICATION),
  },
  'POST /account/vendor/applications/:id': { does: 'change_vendor_application', testedIn: 'vendor-pages' },
  'POST /account/vendor/applications/:id/withdraw': {
    does: 'withdraw_vendor_application',
    testedIn: 'vendor-pages',
  },
  'POST /account/git': {
    does: 'start_operation',
    send: ({ visitor }) => visitor.post('/account/git', { org: 'acme-retail', host: 'git.example' }),
    refuse: ({ visitor }) => visitor.post('/account/git', { org: 'acme-retail', host: 'git.example' }),
  },
  'POST /account/git/:id/disconnect': {
    does: 'disconnect_git_host',
    send: ({ visitor, integration }) =>
      visitor.post(`/account/git/${integration}/disconnect`, { org: 'acme-retail' }),
    refuse: ({ visitor, integration }) =>
      visitor.post(`/account/git/${integration}/disconnect`, { org: 'acme-retail' }),
  },
  'POST /account/audit/export': {
    does: 'export_audit_log',
    send: ({ visitor }) => visitor.post('/account/audit/export', { org: 'acme-retail', format: 'csv' }),
    refuse: ({ visitor }) => visitor.post('/account/audit/export', { org: 'acme-retail', format: 'csv' }),
  },
  // the provider is out of reach here; test/doors/payment-methods.test.ts opens its page
  'POST /o/:link': {
    does: 'POST /o/:link',
    outcome: 'failed',
    send: ({ visitor, link }) => visitor.post(`/o/${link}`),
    refuse: ({ visitor, link }) => visitor.post(`/o/${link}`),
  },
  'POST /callbacks/stripe': { machine: 'the story that it nudges asks the provider itself' },
  'POST /callbacks/git/:hook': { machine: 'the sync that it may start asks the host itself' },
  'POST /composer/downloads': { machine: 'the table of downloads is its record' },
  'POST /composer/advisories': { machine: 'reads' },
  'POST /register': { machine: 'is not found' },
  'POST /token': { machine: 'is not found' },
  ...Object.fromEntries(
    TOOLSETS.flatMap(({ path }) =>
      [path, `${path}/`].map((each) => [`POST ${each}`, { machine: 'see audited-tools.test.ts' }]),
    ),
  ),
}
