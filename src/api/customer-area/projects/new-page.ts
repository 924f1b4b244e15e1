import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Caller, may, type OrgAccess, orgForCustomer, SCOPES } from '#domain/orgs'
import { readOperation } from '#domain/operations'
import { setUpProject } from '#domain/projects'
import { noteOrg } from '../audit-refusals.ts'
import { button, linkButton } from '../components/button.ts'
import { checkboxRow } from '../components/choice.ts'
import { emptyState } from '../components/empty-state.ts'
import { html } from '../html.ts'
import { type Page, sendPage } from '../layout.ts'
import { signedIn } from '../session.ts'
import { START } from '../visit-limits.ts'
import { orgsOfVisitor } from '../visitor-orgs.ts'
import { givenIn, projectFields, type Typed, typedIn } from './project-form.ts'
import {
  formFields,
  keyIn,
  type Mistake,
  mistakeIn,
  pathOf,
  PROJECTS,
  PROJECTS_CRUMBS,
  type ProjectsOptions,
  STATUS_OF_MISTAKE,
  textsIn,
} from './visit.ts'

const PATH = `${PROJECTS}/new`
const TITLE = 'New project'

/** The form for a new project. It does what `setup_project` does, and then shows the first keys once. */
export function newProjectPage(app: FastifyInstance, options: ProjectsOptions): void {
  app.get(PATH, async (request, reply) => {
    if (!(await signedIn(request, reply))) return reply
    const { active: org } = orgsOfVisitor(request)
    if (!org || !may(org.role, 'manage_projects')) return sendPage(reply, notForThisRole)
    return sendPage(reply, formPage(reply, org, { name: '', edition: 'open-source', domain: '' }))
  })

  app.post(PATH, START, async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const org = await orgForCustomer(options.db, session.customer, textsIn(request)('org'))
    noteOrg(request, org)
    const caller = { customer: session.customer, request: request.id, scopes: SCOPES }
    return create(options, { request, reply, caller, org })
  })
}

async function create(
  { db, secrets, publicUrl, now }: ProjectsOptions,
  visit: { request: FastifyRequest; reply: FastifyReply; caller: Caller; org: OrgAccess },
): Promise<FastifyReply> {
  const { request, reply, caller, org } = visit
  const texts = textsIn(request)
  const typed = typedIn(texts)
  const again = (mistake: Mistake) => sendPage(reply, formPage(reply, org, typed, mistake), STATUS_OF_MISTAKE)
  const parsed = givenIn(typed)
  if ('mistake' in parsed) return again(parsed.mistake)
  const { name, edition, productionDomain } = parsed.given
  try {
    const { operation } = await setUpProject(db, {
      caller,
      org,
      input: {
        name,
        edition,
        production_domain: productionDomain || undefined,
        force_another: texts('force_another') === 'yes' || undefined,
      },
      key: keyIn(texts),
      publicUrl,
      seal: secrets.seal,
      at: now(),
    })
    const { result } = await readOperation(db, operation)
    return await reply.redirect(pathOf(String(result?.['project']), 'new-keys', operation), 303)
  } catch (error) {
    return again(mistakeIn(request, error))
  }
}

function formPage(reply: FastifyReply, org: OrgAccess, typed: Typed, mistake?: Mistake): Page {
  return {
    title: TITLE,
    heading: TITLE,
    lead: `A Magento install of ${org.name}. You get its keys for Composer next.`,
    breadcrumb: PROJECTS_CRUMBS,
    body: html`<form class="stack card" method="post" action="${PATH}">
      ${formFields(reply)}<input type="hidden" name="org" value="${org.slug}" />
      ${projectFields(typed, mistake)}
      ${
        mistake?.code === 'project_name_taken' &&
        checkboxRow({ name: 'force_another', value: 'yes', text: 'Make another project with this name' })
      }
      <div class="buttons">
        ${button('Set up the project')} ${linkButton(PROJECTS, 'Cancel', { kind: 'quiet' })}
      </div>
    </form>`,
  }
}

const notForThisRole: Page = {
  title: TITLE,
  heading: TITLE,
  breadcrumb: PROJECTS_CRUMBS,
  body: emptyState({
    title: 'Your role makes no projects',
    text: 'Choose another org, or ask an owner, admin or developer of this one.',
  }),
}
