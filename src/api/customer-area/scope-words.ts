import type { Scope } from '#domain/orgs'

/** What a scope allows, in the words of a person. A test looks for what each tool does in the sentence of its scope. */
export const SCOPE_WORDS: Record<Scope, string> = {
  read: 'See your orgs with members, invites, assistants and the audit log, and their projects, licences, orders, invoices and operations, but no keys; look up packages and vendors; check what a shop needs; choose the org in which it works',
  projects:
    'Set up, change and archive projects; make, replace and revoke their keys; assign licences to projects, move them and take them away',
  buy: 'Fill the cart and buy with a saved card; see the saved cards, choose the default card, and open the page on which you add one; change to whom invoices are made out; stop purchases',
  publish:
    'Apply as a vendor; connect Git hosts and list their repositories; publish packages; change their texts, prices and visibility; withdraw versions; see sales, checks and missing packages; stop publications',
  team: 'Create orgs; invite people, withdraw invites and accept yours; change roles and remove members; share projects and end shares',
}
