import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { may, type OrgAccess } from '#domain/orgs'
import {
  cooldownOf,
  findProject,
  type Project,
  type ProjectAccess,
  projectAccess,
  setCooldown,
} from '#domain/projects'
import { isId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { noteOrg } from './audit-refusals.ts'
import { button } from './components/button.ts'
import { card } from './components/card.ts'
import { codeBlock } from './components/code-block.ts'
import { field } from './components/field.ts'
import { notice } from './components/notice.ts'
import { html, type Html } from './html.ts'
import { notFoundPage, sendPage } from './layout.ts'
import { csrfField, signedIn } from './session.ts'
import { orgsOfVisitor } from './visitor-orgs.ts'

// an empty field is no 0
const cooldownForm = z.object({
  days: z
    .string()
    .regex(/^\d{1,3}$/)
    .transform(Number)
    .catch(NaN),
})

export interface ProjectPageOptions {
  db: Db
  now: () => Date
}

type OfProject = FastifyRequest<{ Params: { project: string } }>

/** The page of a project: its keys, and how long it waits for new versions. Only members of its org see it. */
export async function projectPage(app: FastifyInstance, { db, now }: ProjectPageOptions): Promise<void> {
  app.get('/account/projects/:project', async (request: OfProject, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const found = await projectOfVisitor(request)
    if (!found) return sendPage(reply, notFoundPage, 404)
    const { project, org } = found
    const isSaved = z.object({ saved: z.string() }).safeParse(request.query).success
    const days = await cooldownOf(db, project.id)
    const { tokens } = await projectAccess(db, { project: project.id, at: now() })
    const mayChange = may(org.role, 'manage_projects') && !project.archivedAt
    return sendPage(reply, {
      title: project.name,
      heading: project.name,
      lead: html`<span class="mono">${project.slug}</span> · ${org.name}`,
      body: html`${isSaved && notice({ tone: 'good', text: 'The cooldown was saved.' })}
        ${card('Keys for Composer', keys(project, tokens))}
        ${card('Cooldown for new versions', mayChange ? form(reply, project, days) : stateOf(days))}
        <p><a href="/account/resolve?project=${project.slug}">See what its composer.json still needs</a></p>`,
    })
  })

  app.post('/account/projects/:project/cooldown', async (request: OfProject, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const found = await projectOfVisitor(request)
    if (!found) return sendPage(reply, notFoundPage, 404)
    const { project, org } = found
    noteOrg(request, org)
    const { days } = cooldownForm.parse(request.body ?? {})
    const actor = { customer: session.customer, request: request.id }
    await setCooldown(db, { actor, org, project: project.id, days })
    return reply.redirect(`/account/projects/${project.id}?saved=cooldown`, 303)
  })

  /** The project of the URL, by id, in one of the visitor's orgs. The org in which they work comes first. */
  async function projectOfVisitor(
    request: OfProject,
  ): Promise<{ project: Project; org: OrgAccess } | undefined> {
    if (!isId('prj', request.params.project)) return undefined
    const { active, orgs } = orgsOfVisitor(request)
    for (const org of active ? [active, ...orgs] : orgs) {
      const project = await findProject(db, org.id, request.params.project)
      if (project) return { project, org }
    }
    return undefined
  }
}

/** Composer leads here when a token has ended. Private keys are shown by an assistant, once. */
const keys = ({ slug, archivedAt }: Project, tokens: ProjectAccess['tokens']): Html =>
  html`${
      tokens.length
        ? html`<ul class="rows">
            ${tokens.map(
              ({ label, publicKey, lastUsedAt }) =>
                html`<li>
                  <div class="about">
                    <h3>${label}</h3>
                    <p class="small">
                      <span class="mono">${publicKey}</span> ·
                      ${lastUsedAt ? `last used on ${lastUsedAt.toISOString().slice(0, 10)}` : 'never used'}
                    </p>
                  </div>
                </li>`,
            )}
          </ul>`
        : html`<p>No keys work now.</p>`
    }
    ${
      !archivedAt &&
      codeBlock(`Make new Composer keys for the project ${slug}.`, {
        caption: 'For new ones, ask your assistant',
      })
    }
    <p><a href="/docs/composer">Where the keys belong, and what Composer's messages mean</a></p>`

const form = (reply: FastifyReply, { id }: Project, days: number): Html =>
  html`<form method="post" action="/account/projects/${id}/cooldown">
    ${csrfField(reply)}
    ${field({
      name: 'days',
      label: 'Days',
      hint: 'A new version is offered when it is so many days old, 0 to 90. 0 offers it at once. A version that fixes a security advisory does not wait. What a lock file names still installs.',
      value: String(days),
      inputMode: 'numeric',
      maxLength: 2,
      isRequired: true,
    })}
    ${button('Save')}
  </form>`

const stateOf = (days: number): Html =>
  days === 0
    ? html`<p>Off: a new version is offered at once.</p>`
    : html`<p>A new version is offered when it is ${days} days old.</p>`
