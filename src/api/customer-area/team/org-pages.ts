import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { chooseActiveOrg, normalEmail } from '#domain/identity'
import { assertMay, listOrgMembers, memberWithAddress, SCOPES } from '#domain/orgs'
import { deleteOrg, deletionBlockersOf, openOrg, renameOrg, transferOrg } from '#domain/team'
import { securityChange } from '../account/visit.ts'
import { type Page, sendPage } from '../layout.ts'
import { signedIn } from '../session.ts'
import { deletePage, newOrgPage, settingsPage, transferPage } from './org-view.ts'
import {
  type Acting,
  acting,
  formIn,
  type Mistake,
  mistakeIn,
  savedIn,
  SETTINGS,
  STATUS_OF_MISTAKE,
  TEAM,
  type TeamOptions,
} from './visit.ts'

const NEW = '/account/orgs/new'

/** Creating, renaming, handing over and deleting an org. */
export function orgPages(app: FastifyInstance, options: TeamOptions): void {
  const { db, now } = options
  ownerPages(app, options)

  app.get(NEW, async (request, reply) => {
    if (!(await signedIn(request, reply))) return reply
    return sendPage(reply, newOrgPage(reply))
  })

  app.post(NEW, async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const { name, slug: typed } = formIn(request)
    const slug = typed.trim() || undefined
    const caller = { customer: session.customer, request: request.id, scopes: SCOPES }
    try {
      const org = await openOrg(db, { caller, name, slug, at: now() })
      await chooseActiveOrg(db, { session, org: org.id, request: request.id })
    } catch (error) {
      const mistake = mistakeIn(request, error, NEW_FIELDS)
      return sendPage(reply, newOrgPage(reply, { name, slug: typed, mistake }), STATUS_OF_MISTAKE)
    }
    return reply.redirect(`${TEAM}?saved=created`, 303)
  })

  app.get(SETTINGS, async (request, reply) => {
    const who = await acting(options, request, reply)
    if (!who) return reply
    return sendPage(reply, settingsPage(reply, { org: who.org, saved: savedIn(request) }))
  })

  app.post(`${SETTINGS}/rename`, async (request, reply) => {
    const who = await acting(options, request, reply)
    if (!who) return reply
    const { org, caller, sent } = who
    try {
      await renameOrg(db, { caller, org, name: sent.name, at: now() })
    } catch (error) {
      const wrong = { name: sent.name, mistake: mistakeIn(request, error, { org_name_invalid: 'name' }) }
      return sendPage(reply, settingsPage(reply, { org, saved: undefined, wrong }), STATUS_OF_MISTAKE)
    }
    return reply.redirect(`${SETTINGS}?saved=renamed`, 303)
  })
}

const NEW_FIELDS = {
  org_name_invalid: 'name',
  org_slug_invalid: 'slug',
  org_slug_taken: 'slug',
  too_many_orgs: 'name',
}

const UNKNOWN_ADDRESS = 'No member of this org has this address. Look at the page of the team.'

/** What cannot be undone: only for an owner, who signed in a short time ago and types the slug. */
function ownerPages(app: FastifyInstance, options: TeamOptions): void {
  const { db, now } = options

  app.get(`${SETTINGS}/transfer`, async (request, reply) => {
    const who = await owner(request, reply, 'transfer')
    return who ? sendPage(reply, await transferOf(reply, who)) : reply
  })

  app.get(`${SETTINGS}/delete`, async (request, reply) => {
    const who = await owner(request, reply, 'delete')
    return who ? sendPage(reply, await deletionOf(reply, who)) : reply
  })

  app.post(`${SETTINGS}/transfer`, async (request, reply) => {
    const who = await owner(request, reply, 'transfer')
    if (!who) return reply
    const { org, caller, sent } = who
    const { confirm } = sent
    const member = await memberWithAddress(db, { org: org.id, email: normalEmail(sent.email) })
    try {
      await transferOrg(db, { caller, org, member: member ?? '', confirm, at: now() })
    } catch (error) {
      const fields = { name_not_typed: 'confirm', member_not_found: 'email' }
      const mistake = mistakeIn(request, error, fields)
      const isUnknown = mistake.name === 'email' && member === undefined
      const shown = isUnknown ? { ...mistake, error: UNKNOWN_ADDRESS } : mistake
      return sendPage(reply, await transferOf(reply, who, shown), STATUS_OF_MISTAKE)
    }
    return reply.redirect(`${TEAM}?saved=transferred&owner=${member}`, 303)
  })

  app.post(`${SETTINGS}/delete`, async (request, reply) => {
    const who = await owner(request, reply, 'delete')
    if (!who) return reply
    const { org, caller, sent } = who
    try {
      await deleteOrg(db, { caller, org, confirm: sent.confirm, at: now() })
    } catch (error) {
      const mistake = mistakeIn(request, error, { name_not_typed: 'confirm', org_in_use: 'confirm' })
      return sendPage(reply, await deletionOf(reply, who, mistake), STATUS_OF_MISTAKE)
    }
    return reply.redirect('/account', 303)
  })

  async function owner(request: FastifyRequest, reply: FastifyReply, page: 'transfer' | 'delete') {
    if (!(await securityChange({ now }, request, reply, `${SETTINGS}/${page}`))) return undefined
    const who = await acting(options, request, reply)
    if (who) assertMay(who.org, 'own_org')
    return who
  }

  async function transferOf(reply: FastifyReply, { org, sent }: Acting, mistake?: Mistake): Promise<Page> {
    const [, other] = await listOrgMembers(db, { org: org.id, limit: 2 })
    return transferPage(reply, { org, isAlone: !other, ...(mistake && { sent: sent.email, mistake }) })
  }

  async function deletionOf(reply: FastifyReply, { org }: Acting, mistake?: Mistake): Promise<Page> {
    const holds = await deletionBlockersOf(db, { org: org.id, at: now() })
    return deletePage(reply, { org, holds, ...(mistake && { mistake }) })
  }
}
