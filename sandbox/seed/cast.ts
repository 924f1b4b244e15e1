import type { OrgRole } from '../../src/platform/tables.ts'

/** The password of every person in the sandbox. */
export const SANDBOX_PASSWORD = 'sandbox-password'

export interface Person {
  email: string
  displayName: string
  isOperator?: boolean
  /** Slug of the org → role; the first one is the default of `sandbox:connect`. */
  orgs: Record<string, OrgRole>
}

export const ORGS: Record<string, { name: string; card?: string }> = {
  'acme-retail': { name: 'Acme Retail', card: 'pm_card_visa' },
  globex: { name: 'Globex', card: 'pm_card_visa' },
  initech: { name: 'Initech', card: 'pm_card_authenticationRequired' },
  hooli: { name: 'Hooli' },
  umbrella: { name: 'Umbrella', card: 'pm_card_chargeCustomerFail' },
  northwind: { name: 'Northwind' },
  contoso: { name: 'Contoso' },
}

export const PEOPLE: Person[] = [
  {
    email: 'buyer@example.test',
    displayName: 'Bea Buyer',
    orgs: { 'acme-retail': 'owner', globex: 'viewer' },
  },
  {
    email: 'developer@example.test',
    displayName: 'Dev Developer',
    orgs: { 'acme-retail': 'developer', globex: 'owner' },
  },
  { email: 'billing@example.test', displayName: 'Bill Billing', orgs: { 'acme-retail': 'billing' } },
  { email: 'viewer@example.test', displayName: 'Vi Viewer', orgs: { 'acme-retail': 'viewer' } },
  { email: 'threeds@example.test', displayName: 'Tara Threeds', orgs: { initech: 'owner' } },
  { email: 'nocard@example.test', displayName: 'Noa Nocard', orgs: { hooli: 'owner' } },
  { email: 'declined@example.test', displayName: 'Dan Declined', orgs: { umbrella: 'owner' } },
  { email: 'vendor@example.test', displayName: 'Vera Vendor', orgs: { northwind: 'owner' } },
  { email: 'newvendor@example.test', displayName: 'Nils Newvendor', orgs: { contoso: 'owner' } },
  { email: 'operator@example.test', displayName: 'Ona Operator', isOperator: true, orgs: {} },
]

export const VENDORS = [
  {
    slug: 'northwind',
    name: 'Northwind Modules',
    org: 'northwind',
    stripeAccountId: 'acct_sandbox_northwind',
  },
  { slug: 'fabrikam', name: 'Fabrikam', org: 'northwind', stripeAccountId: 'acct_sandbox_fabrikam' },
  { slug: 'contoso', name: 'Contoso', org: 'contoso' },
] as const
