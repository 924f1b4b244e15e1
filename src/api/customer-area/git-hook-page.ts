import type { FastifyInstance } from 'fastify'
import { audit } from '#domain/audit'
import { isPackageOfOrg } from '#domain/catalogue'
import { may } from '#domain/orgs'
import { isId } from '#kernel/ids'
import { card, facts } from './components/card.ts'
import type { GitPageOptions } from './git-page.ts'
import { GIT_PATH } from './git-view.ts'
import { html } from './html.ts'
import { notFoundPage, type Page, sendPage } from './layout.ts'
import { signedIn } from './session.ts'
import { orgsOfVisitor } from './visitor-orgs.ts'

interface ForPackage {
  Params: { package: string }
}

/** What a person enters at the Git host when we may not create the push hook of a package. Each display is audited. */
export async function gitHookPage(app: FastifyInstance, { db, git }: GitPageOptions): Promise<void> {
  app.get<ForPackage>(`${GIT_PATH}/hooks/:package`, async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const { active: org } = orgsOfVisitor(request)
    const { package: id } = request.params
    const isOurs =
      org && may(org.role, 'manage_git') && isId('pkg', id) && (await isPackageOfOrg(db, { org: org.id, id }))
    const hook = isOurs && isId('pkg', id) ? await git.hookOf(id) : undefined
    if (!org || !hook) return sendPage(reply, notFoundPage, 404)
    await audit(db, {
      chain: `org:${org.id}`,
      action: 'show_hook_secret',
      outcome: 'done',
      customer: session.customer,
      request: request.id,
      org: org.id,
      object: hook.id,
    })
    return sendPage(reply, pageOf(hook))
  })
}

const pageOf = ({
  url,
  secret,
  host,
  isInstalled,
}: {
  url: string
  secret: string
  host: string
  isInstalled: boolean
}): Page => ({
  title: 'Push hook',
  heading: 'Push hook of a package',
  breadcrumb: [{ href: GIT_PATH, text: 'Git hosts' }],
  lead: isInstalled
    ? `We created this hook at ${host}; there is nothing to do.`
    : `We may not create it at ${host}. Until it exists, we look for new tags every 15 minutes.`,
  body: card(
    isInstalled ? 'What the Git host has' : 'Enter this at the Git host',
    html`${facts([
      ['URL', html`<code>${url}</code>`],
      ['Secret', html`<code>${secret}</code>`],
      ['Content type', 'application/json'],
      ['Events', 'tags (GitHub and Gitea: pushes; GitLab: tag push events)'],
    ])}`,
  ),
})
