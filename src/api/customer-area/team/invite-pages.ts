import type { FastifyInstance, FastifyRequest } from 'fastify'
import { requestLink } from '#domain/accounts'
import { chooseActiveOrg } from '#domain/identity'
import { SCOPES } from '#domain/orgs'
import { acceptInvite, findInvite, type ShownInvite } from '#domain/team'
import { isId } from '#kernel/ids'
import { sendPage } from '../layout.ts'
import { sessionOf, signedIn } from '../session.ts'
import { invitePage, linkSentPage, overPage } from './invite-view.ts'
import { TEAM, type TeamOptions } from './visit.ts'

const PATH = '/invites/:ref'

interface ForInvite {
  Params: { ref: string }
}
type InviteRequest = FastifyRequest<ForInvite>

/**
 * The page of a mailed invite. Opening it changes nothing, because mail scanners open links, too. Its token stays in this
 * address: where a person comes back to, the invite is named by its id.
 */
export async function invitePages(app: FastifyInstance, options: TeamOptions): Promise<void> {
  const { db, secrets, now } = options

  app.get<ForInvite>(PATH, async (request, reply) => {
    // an id is no secret: it shows the invite only to the person of its address
    if (isId('inv', request.params.ref) && !(await signedIn(request, reply))) return reply
    const found = await shown(request)
    if (!found) return sendPage(reply, overPage, 404)
    const { invite, session } = found
    if (session && invite.usedBy === session.customer) return reply.redirect(TEAM, 303)
    if (!invite.isPending) return sendPage(reply, overPage, 404)
    return sendPage(reply, invitePage(reply, { invite, visitor: session?.email, ref: request.params.ref }))
  })

  app.post<ForInvite>(`${PATH}/accept`, async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const caller = { customer: session.customer, request: request.id, scopes: SCOPES }
    const { org } = await acceptInvite(db, { caller, invite: request.params.ref, at: now() })
    await chooseActiveOrg(db, { session, org: org.id, request: request.id })
    return reply.redirect(`${TEAM}?saved=joined`, 303)
  })

  /** For a person without an account: the token proves that they read the mails of this address. */
  app.post<ForInvite>(`${PATH}/sign-up`, async (request, reply) => {
    const found = isId('inv', request.params.ref) ? undefined : await shown(request)
    if (!found?.invite.isPending) return sendPage(reply, overPage, 404)
    const { id, email } = found.invite
    const back = `/invites/${id}`
    await requestLink(db, secrets, { wanted: 'sign_up', email, back, at: now(), request: request.id })
    return sendPage(reply, linkSentPage(email))
  })

  async function shown(request: InviteRequest) {
    const session = await sessionOf(request)
    const { ref } = request.params
    const invite: ShownInvite | undefined = await findInvite(db, {
      ref,
      customer: session?.customer,
      at: now(),
    })
    return invite && { invite, session }
  }
}
