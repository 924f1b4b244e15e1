import type { Session } from '#domain/identity'
import { type GuestOrg, type OrgAccess, orgIdOf } from '#domain/orgs'
import type { Option } from './components/field.ts'

/** An org in which a person works as a member, or as a guest of some of its projects. */
export type OrgOrGuest = OrgAccess | GuestOrg

/** The orgs for which a connection can work. */
export const orgOptions = (orgs: readonly OrgOrGuest[]): Option[] =>
  orgs.map((org) => ({ value: org.slug, text: `${org.name} (${standingIn(org)})` }))

/** The slug of the org in which the person works in this browser: what they see there, they expect of a new connection. */
export const workedIn = (orgs: readonly OrgOrGuest[], { activeOrg }: Session): string | undefined =>
  orgs.find((org) => orgIdOf(org) === activeOrg)?.slug

const standingIn = (org: OrgOrGuest): string =>
  'shared' in org
    ? `guest of ${org.shared.map(({ name }) => `project ${name}`).join(', ')}`
    : `you: ${org.role}`
