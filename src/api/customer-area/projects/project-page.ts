import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { licencesFor, licencePlaceIn } from '#domain/licensing'
import { isGuest, mayOn, memberWith } from '#domain/orgs'
import {
  cooldownOf,
  installsPerDay,
  isInstallKey,
  listInstalls,
  listProjectTokens,
  projectAccess,
  projectDetails,
  setCooldown,
} from '#domain/projects'
import { listShares } from '#domain/sharing'
import { linkButton } from '../components/button.ts'
import { sendPage } from '../layout.ts'
import { filterOf, queryIn } from '../licences/query.ts'
import { installsPage } from './installs-view.ts'
import { licencesPage } from './licences-view.ts'
import { mayDo, projectBody, type ProjectView, SAVED } from './project-view.ts'
import {
  crumbsOf,
  type ForProject,
  pathOf,
  PROJECTS_CRUMBS,
  type ProjectsOptions,
  type Visit,
  visitOf,
} from './visit.ts'

const DAYS_OF_BARS = 30
const INSTALLS_SHOWN = 8
const INSTALLS_A_PAGE = 50
const LICENCES_SHOWN = 20
const LICENCES_A_PAGE = 50
const MOST = 100

// an empty field is no 0
const cooldownForm = z.object({
  days: z
    .string()
    .regex(/^\d{1,3}$/)
    .transform(Number)
    .catch(NaN),
})

/** The page of a project: how to install, its keys, licences, last installs, guests, and how long it waits. */
export function projectPage(app: FastifyInstance, options: ProjectsOptions): void {
  const { db } = options
  app.get<ForProject>(pathOf(':project'), async (request, reply) => {
    const visit = await visitOf(options, request, reply)
    return visit ? sendProject(options, visit) : reply
  })

  app.post<ForProject>(pathOf(':project', 'cooldown'), async (request, reply) => {
    const visit = await visitOf(options, request, reply)
    if (!visit) return reply
    const org = memberWith(visit.access, 'manage_projects')
    const { days } = cooldownForm.parse(request.body ?? {})
    await setCooldown(db, { actor: visit.caller, org, project: visit.project.id, days })
    return reply.redirect(`${pathOf(visit.project.id)}?saved=cooldown`, 303)
  })

  app.get<ForProject>(pathOf(':project', 'installs'), async (request, reply) => {
    const visit = await visitOf(options, request, reply)
    if (!visit) return reply
    const { data } = z.object({ after: z.string().max(120).refine(isInstallKey) }).safeParse(request.query)
    const found = await listInstalls(db, { project: visit.project.id, limit: INSTALLS_A_PAGE + 1, ...data })
    const page = { project: visit.project, found, limit: INSTALLS_A_PAGE, isFirst: data === undefined }
    const seesTokens = mayOn(visit.access, 'manage_project_tokens', visit.project.id)
    return sendPage(reply, { ...installsPage({ ...page, seesTokens }), breadcrumb: crumbsOf(visit.project) })
  })
}

/** What the project may install, page by page. */
export function projectLicencesPage(app: FastifyInstance, options: ProjectsOptions): void {
  app.get<ForProject>(pathOf(':project', 'licences'), async (request, reply) => {
    const visit = await visitOf(options, request, reply)
    if (!visit) return reply
    const { project, access } = visit
    const [query, at] = [queryIn(request.query), options.now()]
    const filter = { ...filterOf(query, at), onProjects: [project.id], after: licencePlaceIn(query.after) }
    const found = await licencesFor(options.db, access, { ...filter, limit: LICENCES_A_PAGE + 1, at })
    const page = licencesPage({ project, query, found, limit: LICENCES_A_PAGE })
    return sendPage(reply, { ...page, breadcrumb: crumbsOf(project) })
  })
}

/** Sends the page, also with a form in which something has to be corrected. */
export async function sendProject(
  options: ProjectsOptions,
  visit: Visit,
  wrong: Pick<ProjectView, 'sharing'> = {},
  status = 200,
): Promise<FastifyReply> {
  const { project, access, reply } = visit
  const { success, data } = z.object({ saved: z.enum(SAVED) }).safeParse(visit.request.query)
  const view = { ...(await viewOf(options, visit)), ...wrong, ...(success && { saved: data.saved }) }
  return sendPage(
    reply,
    {
      title: project.name,
      heading: project.name,
      lead: `${access.name}${isGuest(access) ? ' shares this project with you' : ''}`,
      breadcrumb: PROJECTS_CRUMBS,
      ...(view.may.change && {
        action: linkButton(pathOf(project.id, 'settings'), 'Settings', { kind: 'quiet' }),
      }),
      body: projectBody(reply, view),
    },
    status,
  )
}

async function viewOf(
  { db, publicUrl, now }: ProjectsOptions,
  { project, access }: Visit,
): Promise<ProjectView> {
  const at = now()
  const { id } = project
  const may = mayDo(access, project)
  const [details, { packages }, keys, licences, installs, bars, shares, cooldown] = await Promise.all([
    projectDetails(db, id),
    projectAccess(db, { project: id, at }),
    may.seeKeys ? listProjectTokens(db, { project: id, works: true, limit: MOST, at }) : [],
    licencesFor(db, access, { onProjects: [id], limit: LICENCES_SHOWN + 1, at }),
    listInstalls(db, { project: id, limit: INSTALLS_SHOWN }),
    installsPerDay(db, { project: id, days: DAYS_OF_BARS, at }),
    may.share && !isGuest(access) ? listShares(db, { org: access.id, project: id, limit: MOST, at }) : [],
    cooldownOf(db, id),
  ])
  const shown = {
    licences: licences.slice(0, LICENCES_SHOWN),
    hasMoreLicences: licences.length > LICENCES_SHOWN,
  }
  return { project, details, may, packages, keys, ...shown, installs, bars, shares, cooldown, publicUrl }
}
