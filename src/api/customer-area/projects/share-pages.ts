import type { FastifyInstance } from 'fastify'
import { memberWith } from '#domain/orgs'
import { listShares, revokeShare, shareEnd, shareProject } from '#domain/sharing'
import { confirmation } from '../components/confirm.ts'
import { notice } from '../components/notice.ts'
import { html } from '../html.ts'
import { notFoundPage, sendPage } from '../layout.ts'
import { csrfField } from '../session.ts'
import { START } from '../visit-limits.ts'
import { sendProject } from './project-page.ts'
import {
  crumbsOf,
  type ForProject,
  keyIn,
  mistakeIn,
  pathOf,
  type ProjectsOptions,
  STATUS_OF_MISTAKE,
  textsIn,
  visitOf,
} from './visit.ts'

const NO_DAY = { code: 'invalid_input', field: 'until', message: 'A day is written as 2026-12-31.' }

/** Sharing a project with a guest, and ending it. */
export function sharePages(app: FastifyInstance, options: ProjectsOptions): void {
  const { db, secrets, now } = options

  app.post<ForProject>(pathOf(':project', 'shares'), START, async (request, reply) => {
    const visit = await visitOf(options, request, reply)
    if (!visit) return reply
    const org = memberWith(visit.access, 'share_projects')
    const texts = textsIn(request)
    const sent = { email: texts('email'), role: texts('role'), until: texts('until') }
    const role = sent.role === 'developer' ? 'developer' : 'viewer'
    const until = shareEnd(sent.until)
    if (sent.until && !until)
      return sendProject(options, visit, { sharing: { sent, mistake: NO_DAY } }, STATUS_OF_MISTAKE)
    try {
      const input = { project: visit.project.id, email: sent.email, role, until } as const
      await shareProject(db, secrets, { caller: visit.caller, org, input, key: keyIn(texts), at: now() })
      return await reply.redirect(`${pathOf(visit.project.id)}?saved=shared#shares`, 303)
    } catch (error) {
      const mistake = mistakeIn(request, error)
      return sendProject(options, visit, { sharing: { sent, mistake } }, STATUS_OF_MISTAKE)
    }
  })

  endPages(app, options)
}

/** Ending a share: a page that asks, and one that shows the keys which the guest leaves behind. */
function endPages(app: FastifyInstance, options: ProjectsOptions): void {
  const { db, now } = options

  app.get<ForProject>(pathOf(':project', 'shares', ':share', 'end'), async (request, reply) => {
    const visit = await visitOf(options, request, reply)
    if (!visit) return reply
    const { id: org } = memberWith(visit.access, 'share_projects')
    const { project } = visit
    const listed = await listShares(db, { org, project: project.id, limit: 200, at: now() })
    const share = listed.find(({ id }) => id === request.params.share)
    if (!share) return sendPage(reply, notFoundPage, 404)
    return sendPage(reply, {
      title: 'End the share',
      heading: `Stop sharing with ${share.name ?? share.email}?`,
      breadcrumb: crumbsOf(project),
      body: confirmation({
        action: pathOf(project.id, 'shares', share.id, 'end'),
        hidden: csrfField(reply),
        consequence: `${share.email} loses access to ${project.name} at once. Keys that they made still work until you revoke them; they are shown next.`,
        verb: 'Stop sharing',
        back: { href: pathOf(project.id), text: 'Keep sharing' },
      }),
    })
  })

  app.post<ForProject>(pathOf(':project', 'shares', ':share', 'end'), async (request, reply) => {
    const visit = await visitOf(options, request, reply)
    if (!visit) return reply
    const org = memberWith(visit.access, 'share_projects')
    const { caller, project } = visit
    const { share } = request.params
    const ended = await revokeShare(db, { caller, org, project: project.id, share, at: now() })
    if (!ended.tokens.length) return reply.redirect(`${pathOf(visit.project.id)}?saved=unshared#shares`, 303)
    return sendPage(reply, {
      title: 'The share has ended',
      heading: 'The share has ended',
      breadcrumb: crumbsOf(visit.project),
      body: html`${notice({
          tone: 'warn',
          title: 'Their keys still work',
          text: `${ended.email} made the keys below. Revoke those that only they used.`,
        })}
        <ul class="rows">
          ${ended.tokens.map(
            ({ id, label }) =>
              html`<li>
                <div class="about"><h3>${label}</h3></div>
                <a class="button danger small" href="${pathOf(visit.project.id, 'keys', id, 'revoke')}"
                  >Revoke</a
                >
              </li>`,
          )}
        </ul>`,
    })
  })
}
