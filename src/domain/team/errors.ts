import { CodedError } from '#kernel/errors'
import type { InviteId } from '#kernel/ids'
import { NAME_FAULTS } from '#kernel/look-alikes'
import type { OrgRole } from '../../platform/tables.ts'

export class OrgNameInvalid extends CodedError<'org_name_invalid'> {
  constructor(why: keyof typeof ORG_NAMES = 'unfit') {
    super('invalid', 'org_name_invalid', ORG_NAMES[why], { field: 'name' })
  }
}

const ORG_NAMES = {
  unfit: 'The name of an org has 1 to 100 characters in one line, and a letter or a digit.',
  ...NAME_FAULTS,
} as const

export class OrgSlugInvalid extends CodedError<'org_slug_invalid'> {
  constructor() {
    const fact = 'The slug of an org has 2 to 40 characters: a-z and 0-9, with dashes between them.'
    super('invalid', 'org_slug_invalid', fact, { field: 'slug' })
  }
}

/** `isYours`: the caller is in the org that has it, so an earlier call may have created it. */
export class OrgSlugTaken extends CodedError<'org_slug_taken'> {
  constructor(slug: string, isYours: boolean) {
    const fact = isYours ? `You are in an org with the slug ${slug} already.` : `The slug ${slug} is taken.`
    super('conflict', 'org_slug_taken', fact, { field: 'slug', ...(isYours && { params: { yours: slug } }) })
  }
}

export class TooManyOrgs extends CodedError<'too_many_orgs'> {
  constructor(seconds: number) {
    super(
      'rate_limited',
      'too_many_orgs',
      'You have created, or tried to create, as many orgs as you may within a day.',
      about(seconds),
    )
  }
}

/** `limit`: mails of the org or of the person, links to projects included, or mails to the address, within a day. */
export class TooManyInvites extends CodedError<'too_many_invites'> {
  constructor(limit: 'org' | 'person' | 'address', seconds: number) {
    super('rate_limited', 'too_many_invites', INVITE_LIMITS[limit], about(seconds))
  }
}

const INVITE_LIMITS = {
  org: 'The org has sent as many invites and links as it may within a day.',
  person: 'You have sent as many invites and links as you may within a day.',
  address: 'This address has got as many invites as it may within a day.',
} as const

const about = (seconds: number) => ({
  retryAfterMs: seconds * 1000,
  params: { minutes: Math.ceil(seconds / 60) },
})

export class TooManyPendingInvites extends CodedError<'too_many_pending_invites'> {
  constructor(most: number) {
    super('conflict', 'too_many_pending_invites', `An org has at most ${most} pending invites.`)
  }
}

/** `role`: the one of the member. */
export class AlreadyMember extends CodedError<'already_member'> {
  constructor(role: OrgRole) {
    super('conflict', 'already_member', `This person is in the org already, as ${role}.`)
  }
}

export class InvitePending extends CodedError<'invite_pending'> {
  constructor(invite: InviteId, role: OrgRole) {
    const fact = `This address has a pending invite as ${role}.`
    super('conflict', 'invite_pending', fact, { params: { invite } })
  }
}

/** Also for an invite to another address or of another org. */
export class InviteNotFound extends CodedError<'invite_not_found'> {
  constructor() {
    super('not_found', 'invite_not_found', 'There is no such invite for you.', { field: 'invite' })
  }
}

/** `why`: what ended it. */
export class InviteOver extends CodedError<'invite_over'> {
  constructor(why: 'used' | 'revoked' | 'expired' | 'inviter') {
    super('conflict', 'invite_over', INVITE_ENDS[why], { field: 'invite' })
  }
}

const INVITE_ENDS = {
  used: 'This invite was used before.',
  revoked: 'This invite was revoked.',
  expired: 'This invite has expired.',
  inviter: 'The person who sent this invite may not give its role any more.',
} as const

export class MemberNotFound extends CodedError<'member_not_found'> {
  constructor() {
    super('not_found', 'member_not_found', 'The org has no such member.', { field: 'member' })
  }
}

/** Nobody gives or takes a role above the own one. */
export class RoleAboveOwn extends CodedError<'role_above_own'> {
  constructor(own: OrgRole, role: OrgRole) {
    super('not_allowed', 'role_above_own', `The role ${own} may not give or take the role ${role}.`)
  }
}

export class LastOwner extends CodedError<'last_owner'> {
  constructor() {
    super('conflict', 'last_owner', 'This is the last owner of the org, and an org needs one.')
  }
}

export class PersonalOrgStays extends CodedError<'personal_org_stays'> {
  constructor() {
    const fact = 'This is the personal org of its owner, who stays its owner as long as the account exists.'
    super('conflict', 'personal_org_stays', fact)
  }
}

/** An assistant makes, changes and removes no owner. */
export class OwnersOnlyInBrowser extends CodedError<'owners_only_in_browser'> {
  constructor() {
    const fact = 'An assistant cannot make, change or remove an owner; a person does that in the browser.'
    super('refused', 'owners_only_in_browser', fact)
  }
}

export class NameNotTyped extends CodedError<'name_not_typed'> {
  constructor(slug: string) {
    super('invalid', 'name_not_typed', `Type ${slug} to confirm.`, { field: 'confirm' })
  }
}

/** `holds`: what the org still has, by the names of `DeletionBlocker`. */
export class OrgInUse extends CodedError<'org_in_use'> {
  constructor(holds: readonly string[]) {
    super('conflict', 'org_in_use', 'The org cannot be deleted while it is in use.', { params: { holds } })
  }
}
