import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { assertMay, findMember, ORG_ROLES } from '#domain/orgs'
import { findToken, ProjectTokenNotFound, revokeToken } from '#domain/projects'
import { changeMemberRole, formerMember, madeByMember, removeMember } from '#domain/team'
import { isId } from '#kernel/ids'
import { securityChange } from '../account/visit.ts'
import { notFoundPage, sendPage } from '../layout.ts'
import { memberPage, type MemberView, removePage } from './member-view.ts'
import { type Acting, acting, mayMakeOwner, memberPath, savedIn, TEAM, type TeamOptions } from './visit.ts'

interface ForMember {
  Params: { member: string; token: string }
}
type MemberRequest = FastifyRequest<ForMember>

/** One member, or a person who left: the role, what still works, and the way out. */
export function memberPages(app: FastifyInstance, options: TeamOptions): void {
  const { db, now } = options

  app.get<ForMember>(memberPath(':member'), async (request, reply) => {
    const who = await acting(options, request, reply)
    if (!who) return reply
    assertMay(who.org, 'manage_members')
    const view = await viewOf(options, request, who)
    if (view) return sendPage(reply, memberPage(reply, view))
    const saved = savedIn(request)
    // the last form may have ended the last thing of a person who left, who has no page any more
    if (saved !== undefined) return reply.redirect(`${TEAM}?saved=${encodeURIComponent(saved)}`, 303)
    return sendPage(reply, notFoundPage, 404)
  })

  app.get<ForMember>(memberPath(':member', 'remove'), async (request, reply) => {
    const who = await acting(options, request, reply)
    if (!who) return reply
    const { org, caller } = who
    const isMe = request.params.member === caller.customer
    if (!isMe) assertMay(org, 'manage_members')
    const { member, made } = (await viewOf(options, request, who)) ?? {}
    if (!member || !made) return sendPage(reply, notFoundPage, 404)
    return sendPage(reply, removePage(reply, { org, member, made, isMe }))
  })

  app.post<ForMember>(memberPath(':member', 'role'), async (request, reply) => {
    const { member } = request.params
    if (!(await mayMakeOwner(options, request, reply, memberPath(member)))) return reply
    const who = await acting(options, request, reply)
    if (!who || !(await mayTakeOwner(options, who, request, reply))) return reply
    const { org, caller, sent } = who
    const role = z.enum(ORG_ROLES).safeParse(sent.role)
    if (!role.success) return reply.redirect(memberPath(member), 303)
    await changeMemberRole(db, { caller, org, member, role: role.data, at: now() })
    return reply.redirect(`${TEAM}?saved=role`, 303)
  })

  app.post<ForMember>(memberPath(':member', 'remove'), async (request, reply) => {
    const who = await acting(options, request, reply)
    if (!who || !(await mayTakeOwner(options, who, request, reply))) return reply
    const { org, caller } = who
    const { member, left } = await removeMember(db, { caller, org, member: request.params.member, at: now() })
    if (member === caller.customer) return reply.redirect('/account', 303)
    const { tokens, operations, cards, guests } = left
    const staysBehind = [tokens, operations, cards, guests].some((made) => made.length > 0)
    return reply.redirect(`${staysBehind ? memberPath(member) : TEAM}?saved=removed`, 303)
  })

  app.post<ForMember>(memberPath(':member', 'tokens/:token/revoke'), async (request, reply) => {
    const who = await acting(options, request, reply)
    if (!who) return reply
    const { org, caller } = who
    const { member, token } = request.params
    if (!(await viewOf(options, request, who))) return sendPage(reply, notFoundPage, 404)
    const { id, createdBy } = await findToken(db, org, token)
    if (createdBy !== member) throw new ProjectTokenNotFound()
    await revokeToken(db, { caller, org, token: id, at: now() })
    return reply.redirect(`${memberPath(member)}?saved=token_revoked`, 303)
  })
}

/**
 * An owner is removed or gets another role only after a fresh sign-in. Without it, redirects the visitor to
 * sign in and come back, and returns false.
 */
async function mayTakeOwner(
  { db, now }: TeamOptions,
  { org }: Acting,
  request: MemberRequest,
  reply: FastifyReply,
): Promise<boolean> {
  const { member } = request.params
  const found = isId('cst', member) && (await findMember(db, { org: org.id, customer: member }))
  if (!found || found.role !== 'owner') return true
  return (await securityChange({ now }, request, reply, memberPath(member))) !== undefined
}

/** Members, and people who left and whose things still work. Undefined for everybody else. */
async function viewOf(
  { db, now }: TeamOptions,
  request: MemberRequest,
  { org, caller }: Acting,
): Promise<MemberView | undefined> {
  const { member: id } = request.params
  if (!isId('cst', id)) return undefined
  const of = { org: org.id, customer: id, at: now() }
  const member = await findMember(db, of)
  const person = member ?? (await formerMember(db, of))
  if (!person) return undefined
  const made = await madeByMember(db, of)
  return { org, person, member, made, isMe: id === caller.customer, saved: savedIn(request) }
}
