import type { OrgAccess } from '#domain/orgs'
import { notice } from '../components/notice.ts'
import { html, type Html } from '../html.ts'

export type Role = OrgAccess['role']

/** What each role may do, for the person who gives it. */
export const ROLE_WORDS: Record<Role, string> = {
  owner: 'Everything. Also hands the org over and deletes it.',
  admin: 'Everything but what only owners do: invites people, buys, sells.',
  developer: 'Projects, keys and licences. Fills the cart and publishes versions.',
  billing: 'Buys, sees orders, cards and the audit log. Changes no projects.',
  viewer: 'Sees members, projects and licences. Changes nothing.',
}

export const roleName = (role: Role): string => role.charAt(0).toUpperCase() + role.slice(1)
export const roleBadge = (role: Role): Html => html`<span class="badge plain role">${role}</span>`

const SAVED: Record<string, string> = {
  created: 'The org is created, and you work in it now.',
  invited: 'The invite is on its way. Its link works for 7 days.',
  joined: 'Welcome. You work in this org now.',
  removed: 'The member is removed. Their next request is refused.',
  renamed: 'The name is saved.',
  revoked: 'The invite is revoked. Its link works no more.',
  role: 'The role is saved. It holds from their next request on.',
  stopped: 'The operation is stopped, or stops before its next step.',
  token_revoked: 'The keys are revoked. Installs with them fail from now on.',
  transferred: 'The org is handed over. You are an admin now.',
}

/** `newOwner`: the name of the member to whom the org was handed over. */
export const savedNotice = (saved: string | undefined, newOwner?: string): Html | false => {
  if (saved === 'transferred' && newOwner !== undefined)
    return notice({ tone: 'good', text: `${newOwner} owns the org now. You are an admin.` })
  const text = saved !== undefined && Object.hasOwn(SAVED, saved) ? SAVED[saved] : undefined
  return text !== undefined && notice({ tone: 'good', text })
}
