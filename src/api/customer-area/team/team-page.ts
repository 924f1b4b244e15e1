import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { listOrgMembers, namesOfMembers, ORG_ROLES, type OrgAccess } from '#domain/orgs'
import { formerMembers, inviteMember, listPendingInvites, revokeInvite } from '#domain/team'
import { type CustomerId, isId } from '#kernel/ids'
import { noteCode } from '../audit-refusals.ts'
import { sendPage } from '../layout.ts'
import { managesTeam, teamPage, type TeamView } from './team-view.ts'
import {
  type Acting,
  acting,
  mayMakeOwner,
  type Mistake,
  mistakeIn,
  savedIn,
  STATUS_OF_MISTAKE,
  TEAM,
  type TeamOptions,
} from './visit.ts'

const SHOWN = 50
const INVITES_SHOWN = 100

/** The refusals of an invite that a person can correct in the form, with the field. */
const FIELDS = {
  already_member: 'email',
  email_not_valid: 'email',
  invite_pending: 'email',
  too_many_invites: 'email',
  too_many_pending_invites: 'email',
}
const roleSent = z.enum(ORG_ROLES)

interface ForInvite {
  Params: { invite: string }
}

/** The members and the invites of the org in which the visitor works. */
export function teamListPage(app: FastifyInstance, options: TeamOptions): void {
  const { db, secrets, now } = options

  app.get(TEAM, async (request, reply) => {
    const who = await acting(options, request, reply)
    if (!who) return reply
    return sendTeam(request, reply, who)
  })

  app.post(`${TEAM}/invites`, async (request, reply) => {
    if (!(await mayMakeOwner(options, request, reply, TEAM))) return reply
    const who = await acting(options, request, reply)
    if (!who) return reply
    const { org, caller, sent } = who
    try {
      const role = roleSent.safeParse(sent.role)
      if (!role.success) throw role.error
      await inviteMember(db, secrets, { caller, org, email: sent.email, role: role.data, at: now() })
    } catch (error) {
      if (error instanceof z.ZodError) noteCode(request, 'invalid_input')
      const mistake =
        error instanceof z.ZodError
          ? { name: 'role', error: 'Choose a role.' }
          : mistakeIn(request, error, FIELDS)
      return sendTeam(request, reply, who, mistake)
    }
    return reply.redirect(`${TEAM}?saved=invited`, 303)
  })

  app.post<ForInvite>(`${TEAM}/invites/:invite/revoke`, async (request, reply) => {
    const who = await acting(options, request, reply)
    if (!who) return reply
    const { org, caller } = who
    await revokeInvite(db, { caller, org, invite: request.params.invite, at: now() })
    return reply.redirect(`${TEAM}?saved=revoked`, 303)
  })

  async function sendTeam(request: FastifyRequest, reply: FastifyReply, who: Acting, mistake?: Mistake) {
    const { org, sent } = who
    const at = now()
    const manages = managesTeam(org)
    const found = await listOrgMembers(db, { org: org.id, limit: SHOWN + 1, after: memberPlaceIn(request) })
    const members = found.slice(0, SHOWN)
    const last = found.length > SHOWN ? members.at(-1) : undefined
    const owner = newOwnerIn(request)
    const view: TeamView = {
      org,
      me: who.caller.customer,
      members,
      next: last && `${TEAM}?after=${encodeURIComponent(`${last.joinedAt.toISOString()} ${last.id}`)}`,
      manages,
      invites: manages ? await listPendingInvites(db, { org: org.id, limit: INVITES_SHOWN, at }) : [],
      ...(await formerOf(db, request, { org, at })),
      saved: savedIn(request),
      newOwner: owner && (await namesOfMembers(db, org.id, [owner])).get(owner),
      ...(mistake && { wrong: { email: sent.email, role: sent.role, mistake } }),
    }
    return sendPage(reply, teamPage(reply, view), mistake ? STATUS_OF_MISTAKE : 200)
  }
}

/** The people who left, for a visitor who manages the team. */
async function formerOf(
  db: TeamOptions['db'],
  request: FastifyRequest,
  { org, at }: { org: OrgAccess; at: Date },
) {
  const after = leftAfter(request)
  const found = managesTeam(org) ? await formerMembers(db, { org: org.id, at, limit: SHOWN + 1, after }) : []
  const former = found.slice(0, SHOWN)
  const last = found.length > SHOWN ? former.at(-1) : undefined
  return {
    former,
    isLaterFormer: after !== undefined,
    nextFormer: last && `${TEAM}?left_after=${last.customer}#left`,
  }
}

/** The last member of the page before. Undefined for a place that no page of ours names. */
function memberPlaceIn({ query }: FastifyRequest): { joinedAt: Date; id: CustomerId } | undefined {
  const { after } = query as { after?: unknown }
  const [time = '', id = ''] = typeof after === 'string' ? after.split(' ') : []
  const joinedAt = new Date(time)
  return isId('cst', id) && !Number.isNaN(joinedAt.getTime()) ? { joinedAt, id } : undefined
}

/** The member to whom the org was just handed over. */
function newOwnerIn({ query }: FastifyRequest): CustomerId | undefined {
  const { owner: id } = query as { owner?: unknown }
  return typeof id === 'string' && isId('cst', id) ? id : undefined
}

/** The last person of the page before, among those who left. */
function leftAfter({ query }: FastifyRequest): CustomerId | undefined {
  const { left_after: id } = query as { left_after?: unknown }
  return typeof id === 'string' && isId('cst', id) ? id : undefined
}
