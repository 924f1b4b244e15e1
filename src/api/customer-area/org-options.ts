import type { GuestOrg, OrgAccess } from '#domain/orgs'
import type { Option } from './components/field.ts'

/** An org in which a person works as a member, or as a guest of some of its projects. */
export type OrgOrGuest = OrgAccess | GuestOrg

/** The orgs for which a connection can work. */
export const orgOptions = (orgs: readonly OrgOrGuest[]): Option[] =>
  orgs.map((org) => ({ value: org.slug, text: `${org.name} (${standingIn(org)})` }))

const standingIn = (org: OrgOrGuest): string =>
  'shared' in org
    ? `guest of ${org.shared.map(({ name }) => `project ${name}`).join(', ')}`
    : `you: ${org.role}`
