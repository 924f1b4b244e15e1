import type { FastifyInstance } from 'fastify'
import { listLicences } from '#domain/licensing'
import { memberWith } from '#domain/orgs'
import { projectDetails, setArchived, updateProject } from '#domain/projects'
import { anyProjectName } from '#kernel/schemas'
import { button, linkButton } from '../components/button.ts'
import { card } from '../components/card.ts'
import { confirmation } from '../components/confirm.ts'
import { html } from '../html.ts'
import { type Page, sendPage } from '../layout.ts'
import { csrfField } from '../session.ts'
import { givenIn, projectFields, type Typed, typedIn } from './project-form.ts'
import {
  crumbsOf,
  type ForProject,
  type Mistake,
  mistakeIn,
  pathOf,
  type ProjectsOptions,
  STATUS_OF_MISTAKE,
  textsIn,
  type Visit,
  visitOf,
} from './visit.ts'

const MOST = 100

/** Changing, archiving and unarchiving a project. */
export function settingsPages(app: FastifyInstance, options: ProjectsOptions): void {
  const { db, now } = options

  app.get<ForProject>(pathOf(':project', 'settings'), async (request, reply) => {
    const visit = await visitOf(options, request, reply)
    if (!visit) return reply
    memberWith(visit.access, 'manage_projects')
    const { name, edition, productionDomain = '' } = await projectDetails(db, visit.project.id)
    return sendPage(reply, settingsPage(visit, { name, edition, domain: productionDomain }))
  })

  app.post<ForProject>(pathOf(':project', 'settings'), async (request, reply) => {
    const visit = await visitOf(options, request, reply)
    if (!visit) return reply
    const org = memberWith(visit.access, 'manage_projects')
    const typed = typedIn(textsIn(request))
    const again = (mistake: Mistake) =>
      sendPage(reply, settingsPage(visit, typed, mistake), STATUS_OF_MISTAKE)
    const parsed = givenIn(typed, anyProjectName)
    if ('mistake' in parsed) return again(parsed.mistake)
    try {
      await updateProject(db, { caller: visit.caller, org, project: visit.project.id, ...parsed.given })
      return await reply.redirect(`${pathOf(visit.project.id)}?saved=details`, 303)
    } catch (error) {
      return again(mistakeIn(request, error))
    }
  })

  app.get<ForProject>(pathOf(':project', 'archive'), async (request, reply) => {
    const visit = await visitOf(options, request, reply)
    if (!visit) return reply
    return sendPage(reply, await archivePage(options, visit))
  })

  app.post<ForProject>(pathOf(':project', 'archive'), async (request, reply) => {
    const visit = await visitOf(options, request, reply)
    if (!visit) return reply
    const { project, caller } = visit
    const org = memberWith(visit.access, 'manage_projects')
    if (textsIn(request)('confirm') !== project.slug)
      return sendPage(
        reply,
        await archivePage(options, visit, 'This is not the slug of the project.'),
        STATUS_OF_MISTAKE,
      )
    await setArchived(db, { caller, org, project: project.id, archived: true, at: now() })
    return reply.redirect(`${pathOf(project.id)}?saved=archived`, 303)
  })

  app.post<ForProject>(pathOf(':project', 'unarchive'), async (request, reply) => {
    const visit = await visitOf(options, request, reply)
    if (!visit) return reply
    const { project, caller } = visit
    const org = memberWith(visit.access, 'manage_projects')
    await setArchived(db, { caller, org, project: project.id, archived: false, at: now() })
    return reply.redirect(`${pathOf(project.id)}?saved=unarchived`, 303)
  })
}

const settingsPage = ({ project, reply }: Visit, typed: Typed, mistake?: Mistake): Page => ({
  title: 'Settings',
  heading: 'Settings',
  lead: html`<span class="mono">${project.slug}</span> keeps its slug and its repository address.`,
  breadcrumb: crumbsOf(project),
  body: html`<form class="stack card" method="post" action="${pathOf(project.id, 'settings')}">
      ${csrfField(reply)} ${projectFields(typed, mistake)}
      <div class="buttons">
        ${button('Save')} ${linkButton(pathOf(project.id), 'Cancel', { kind: 'quiet' })}
      </div>
    </form>
    ${card(
      'Archive',
      html`<p>
          When the install is gone. Composer gets 403 with its keys; nothing is deleted, and you can take it
          back.
        </p>
        <p>${linkButton(pathOf(project.id, 'archive'), 'Archive the project', { kind: 'danger' })}</p>`,
    )}`,
})

async function archivePage({ db, now }: ProjectsOptions, visit: Visit, error?: string): Promise<Page> {
  const { project, reply } = visit
  const { id: org } = memberWith(visit.access, 'manage_projects')
  const held = await listLicences(db, { org, onProjects: [project.id], limit: MOST, at: now() })
  return {
    title: 'Archive',
    heading: `Archive ${project.name}?`,
    breadcrumb: crumbsOf(project),
    body: html`${confirmation({
      action: pathOf(project.id, 'archive'),
      hidden: csrfField(reply),
      consequence: `Composer gets 403 with all keys of ${project.name} at once, and nothing can be bought or activated for it. You can take it out of the archive; then all works as before.`,
      nameToType: project.slug,
      ...(error !== undefined && { error }),
      verb: 'Archive the project',
      back: { href: pathOf(project.id), text: 'Keep it in use' },
    })}
    ${
      held.length > 0 &&
      card(
        'Its licences keep their slots',
        html`<p>
            They stay on it, so that nothing is lost when it comes back. To use one elsewhere, move it first.
          </p>
          <ul>
            ${held.map(({ packageName }) => html`<li class="mono">${packageName}</li>`)}
          </ul>`,
      )
    }`,
  }
}
