import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { activateLicence, deactivateLicence, moveActivation } from '#domain/licensing'
import { assertMay, may } from '#domain/orgs'
import { listProjects } from '#domain/projects'
import { asRefusal, DomainError, type Refusal } from '#kernel/errors'
import { noteCode } from '../audit-refusals.ts'
import type { BuyingOptions } from '../buying/visit.ts'
import { sendPage } from '../layout.ts'
import { guestLicencePage } from './guest-view.ts'
import { deactivatePage, DONE, type Done, licencePage, MOST_PROJECTS, movePage } from './licence-view.ts'
import {
  type ForLicence,
  isGuestVisit,
  licenceVisit,
  type LicenceVisit,
  pathOf,
  visitToSee,
} from './visit.ts'

const ref = z.string().max(64).catch('')
const fields = z.object({ project: ref, from: ref, to: ref })
const pageQuery = z.object({
  done: z
    .enum(Object.keys(DONE) as [Done, ...Done[]])
    .optional()
    .catch(undefined),
})

/** Changes where a licence is active. */
type Change = (visit: LicenceVisit, given: z.output<typeof fields>) => Promise<Done>

/** `/account/licences/:licence`: its terms and projects, and the forms that assign, move and deactivate it. */
export function licencePages(app: FastifyInstance, options: BuyingOptions): void {
  app.get<ForLicence>(pathOf(':licence'), async (request, reply) => {
    const visit = await visitToSee(options, request, reply)
    if (!visit) return reply
    if (isGuestVisit(visit)) return sendPage(reply, guestLicencePage(visit))
    return sendLicence(options, visit, { done: pageQuery.parse(request.query).done })
  })

  app.get<ForLicence>(pathOf(':licence', 'move'), async (request, reply) => {
    const visit = await licenceVisit(options, request, reply)
    if (!visit) return reply
    assertMay(visit.org, 'activate_licences')
    const { from } = fields.parse(request.query)
    return sendPage(reply, movePage(visit, { from, projects: await projectsFor(options, visit) }))
  })

  app.get<ForLicence>(pathOf(':licence', 'deactivate'), async (request, reply) => {
    const visit = await licenceVisit(options, request, reply)
    if (!visit) return reply
    assertMay(visit.org, 'activate_licences')
    return sendPage(reply, deactivatePage(visit, fields.parse(request.query).project))
  })

  for (const [form, change] of Object.entries(changesOn(options)))
    app.post<ForLicence>(pathOf(':licence', form), (request, reply) =>
      licenceVisit(options, request, reply).then((visit) =>
        visit ? carryOut(options, visit, change) : reply,
      ),
    )
}

async function carryOut(options: BuyingOptions, visit: LicenceVisit, change: Change) {
  const { reply, request, licence } = visit
  try {
    const done = await change(visit, fields.parse(request.body ?? {}))
    return await reply.redirect(`${pathOf(licence.id)}?done=${done}`, 303)
  } catch (error) {
    // what a person can correct on the page; every other refusal has a page of its own
    if (!(error instanceof DomainError) || !['conflict', 'invalid', 'not_found'].includes(error.kind))
      throw error
    noteCode(request, error.code)
    return sendLicence(options, visit, { refused: asRefusal(error), status: 409 })
  }
}

/** Each does what the tool of the same name does. */
function changesOn({ db, now }: BuyingOptions): Record<'activate' | 'move' | 'deactivate', Change> {
  const assignmentOf = ({ caller, org, licence }: LicenceVisit) => ({
    caller,
    org,
    licence: licence.id,
    at: now(),
  })
  return {
    async activate(visit, { project }) {
      await activateLicence(db, { ...assignmentOf(visit), project })
      return 'activated'
    },
    async move(visit, { from, to }) {
      await moveActivation(db, { ...assignmentOf(visit), from, to })
      return 'moved'
    },
    async deactivate(visit, { project }) {
      await deactivateLicence(db, { ...assignmentOf(visit), project })
      return 'deactivated'
    },
  }
}

async function sendLicence(
  options: BuyingOptions,
  visit: LicenceVisit,
  { done, refused, status = 200 }: { done?: Done | undefined; refused?: Refusal; status?: number },
) {
  const projects = await projectsFor(options, visit)
  return sendPage(visit.reply, licencePage({ visit, projects, done, refused, at: options.now() }), status)
}

const projectsFor = async ({ db }: BuyingOptions, { org }: LicenceVisit) =>
  may(org.role, 'activate_licences') ? listProjects(db, { org: org.id, limit: MOST_PROJECTS + 1 }) : []
