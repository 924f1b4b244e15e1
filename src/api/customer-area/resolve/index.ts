import { parse } from 'node:querystring'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { addToCart } from '#domain/cart'
import type { OrgAccess } from '#domain/orgs'
import { listProjects } from '#domain/projects'
import { resolveProject } from '#domain/resolution'
import { DomainError } from '#kernel/errors'
import { EDITIONS, packageName } from '#kernel/schemas'
import type { Db } from '#platform/database'
import { noteOrg } from '../audit-refusals.ts'
import { actingIn } from '../buying/visit.ts'
import { emptyState } from '../components/empty-state.ts'
import { linkButton } from '../components/button.ts'
import { notice } from '../components/notice.ts'
import type { Html } from '../html.ts'
import { sendPage } from '../layout.ts'
import { signedIn } from '../session.ts'
import { START } from '../visit-limits.ts'
import { orgsOfVisitor } from '../visitor-orgs.ts'
import { formOf, type FormShown, RESOLVE, resolveForm } from './form.ts'
import { resolutionBody } from './view.ts'

export interface ResolvePagesOptions {
  db: Db
  now: () => Date
}

const MIB = 1024 * 1024
/** A lock of 1.5 MB, as a form sends it. */
const MAX_FORM_BYTES = 3 * MIB
/** A refused form of up to this size is read to its end, because a browser shows the answer only after it has sent all. */
const MOST_RECEIVED_BYTES = 16 * MIB
/** More than a form of these pages has: the packages of a cart, and some more. */
const MOST_FIELDS = 30
const SHOWN_PROJECTS = 100
const TITLE = 'Shop check'

const cartForm = z.object({
  package: z.union([packageName.transform((name) => [name]), z.array(packageName)]),
  edition: z.enum(EDITIONS),
})

/** What a shop needs to buy, by its composer.json: a form, the answer, and a button that puts it into the cart. */
export async function resolvePages(app: FastifyInstance, { db, now }: ResolvePagesOptions): Promise<void> {
  readLargeForms(app)
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error.code !== 'FST_ERR_CTP_BODY_TOO_LARGE') throw error
    drainBody(request, reply)
    if (!request.headers.accept?.includes('text/html')) throw error
    return send(reply, TOO_LARGE, 413)
  })

  app.get<{ Querystring: { project?: unknown } }>(RESOLVE, async (request, reply) => {
    const org = await orgOf(request, reply)
    if (!org) return reply
    const { project } = request.query
    const chosen = typeof project === 'string' ? { project } : {}
    return send(reply, formOf(reply, { projects: await projectsOf(org), ...chosen }))
  })

  app.post(RESOLVE, START, async (request, reply) => {
    const org = await orgOf(request, reply)
    if (!org) return reply
    const { composer_json, lock, project, edition } = resolveForm.parse(request.body ?? {})
    const files = { composer_json, ...lockIn(lock) }
    try {
      const found = await resolveProject(db, {
        org,
        files,
        project: project || undefined,
        edition,
        at: now(),
      })
      return send(reply, resolutionBody(reply, org, found))
    } catch (error) {
      const problem = problemOf(error)
      if (!problem) throw error
      const shown = {
        projects: await projectsOf(org),
        project,
        edition,
        composerJson: composer_json.slice(0, 100_000),
      }
      return send(reply, formOf(reply, { ...shown, error: problem }), 400)
    }
  })

  app.post(`${RESOLVE}/cart`, async (request, reply) => {
    const acting = await actingIn({ db }, request, reply)
    if (!acting) return reply
    const parsed = cartForm.safeParse(request.body ?? {})
    if (!parsed.success) return reply.redirect(RESOLVE, 303)
    const { package: names, edition } = parsed.data
    const wanted = names.map((name) => ({ package: name, edition }))
    await addToCart(db, { ...acting, wanted, at: now() })
    return reply.redirect('/account/cart', 303)
  })

  const projectsOf = (org: OrgAccess) => listProjects(db, { org: org.id, limit: SHOWN_PROJECTS })
}

/**
 * Takes larger forms than other pages do, only from signed-in visitors: from others the body is not even read. Fields after
 * the first `MOST_FIELDS` are not parsed, because a large form of many empty fields would take seconds.
 */
function readLargeForms(app: FastifyInstance): void {
  app.addHook('preParsing', async (request, reply, payload) =>
    request.method === 'POST' && !(await signedIn(request, reply)) ? undefined : payload,
  )
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<string>(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: MAX_FORM_BYTES },
    (_, body, done) => done(null, { ...parse(body, '&', '=', { maxKeys: MOST_FIELDS }) }),
  )
}

const TOO_LARGE = notice({
  tone: 'bad',
  title: 'The files are too large',
  text: 'The form takes at most 3 MiB. A lock can need twice its size. Paste what “composer show --locked” prints instead of composer.lock.',
  action: linkButton(RESOLVE, 'Back to the form'),
})

/**
 * Reads the rest of a refused form. When the connection is closed earlier, many browsers say that it was reset. A form
 * that says that it is too large for that is not read. A form without a length may have no end, so its connection is
 * closed after `MOST_RECEIVED_BYTES`.
 */
function drainBody({ headers, raw }: FastifyRequest, reply: FastifyReply): void {
  if (Number(headers['content-length']) > MOST_RECEIVED_BYTES) {
    reply.header('connection', 'close')
    return
  }
  reply.removeHeader('connection')
  let received = 0
  raw.on('data', (part: Buffer) => {
    received += part.length
    if (received > MOST_RECEIVED_BYTES) raw.destroy()
  })
  raw.resume()
}

/** The org in which the visitor works. Without a session or an org, sends a response and returns undefined. */
async function orgOf(request: FastifyRequest, reply: FastifyReply): Promise<OrgAccess | undefined> {
  if (!(await signedIn(request, reply))) return undefined
  const { active } = orgsOfVisitor(request)
  if (active) {
    noteOrg(request, active)
    return active
  }
  await send(
    reply,
    emptyState({
      title: 'You are in no org yet',
      text: 'An org holds the licences of a shop. Ask the owner of yours to invite you.',
      action: linkButton('/', 'See all packages', { kind: 'quiet' }),
    }),
  )
  return undefined
}

const send = (reply: FastifyReply, body: Html, status = 200) =>
  sendPage(
    reply,
    {
      title: TITLE,
      heading: TITLE,
      lead: 'What a shop still needs to buy or renew, by its composer.json, and the cheapest way to get it.',
      body,
    },
    status,
  )

/** A lock begins with a brace; what Composer prints does not. */
function lockIn(text: string) {
  const lock = text.trim()
  if (!lock) return {}
  return lock.startsWith('{') ? { composer_lock: lock } : { installed: lock }
}

const FAULTS: Record<string, string> = {
  not_json: 'This is no JSON. Copy the whole file.',
  no_object: 'This is not the file. It begins with { and ends with }.',
  too_long: 'This file is too long. Paste what “composer show --locked” prints.',
  too_deep: 'This is no file of Composer: it is nested too deep.',
  too_many: 'This names more than 10,000 packages.',
  not_a_list: 'Paste composer.lock, or lines with a name and a version.',
}

/** The field of the form that a refusal is about. Undefined for what is no mistake in the form. */
function problemOf(error: unknown): FormShown['error'] {
  if (!(error instanceof DomainError)) return undefined
  const { code, field, params } = error
  if (code === 'project_not_found' || code === 'project_archived')
    return { name: 'project', error: 'Choose a project of this org that is in use.' }
  if (code !== 'composer_file_unreadable') return undefined
  const name = field === 'composer_json' ? 'composer_json' : 'lock'
  return { name, error: FAULTS[String(params?.['fault'])] ?? 'This file cannot be read.' }
}
