import type { Scope } from '#domain/orgs'

/** What a scope allows, in the words of a person. */
export const SCOPE_WORDS: Record<Scope, string> = {
  read: 'See your orgs, projects, licences, orders and packages, but no keys',
  projects: 'Set up projects, make and revoke their keys, move licences between projects',
  buy: 'Fill the cart and buy with a saved card',
  publish: 'Publish packages and manage the side of a vendor',
  team: 'Create orgs, invite people, change roles, share projects',
}
