import { z } from 'zod'

/** The roles that an assistant may give. A person makes an owner in the browser. */
export const grantableRole = z.enum(['admin', 'developer', 'billing', 'viewer'])

export const memberRef = z.string().min(1).max(64).describe('Id, from list_org_members')
export const inviteRef = z.string().min(1).max(64).describe('Id')
