import type { FastifyInstance, FastifyReply } from 'fastify'
import { button, linkButton } from './components/button.ts'
import { emptyState } from './components/empty-state.ts'
import { notice } from './components/notice.ts'
import { html, type Html } from './html.ts'
import { type Page, sendPage } from './layout.ts'
import { destinationOf } from './navigation.ts'
import { csrfField, isSafeMethod } from './session.ts'
import { orgsOfVisitor, type VisitorOrgs } from './visitor-orgs.ts'

/**
 * After the visitor has lost the org in which they worked, each page about an org asks which one to work in. It shows no
 * other org by itself.
 */
export function askAfterALostOrg(app: FastifyInstance): void {
  app.addHook('preHandler', async (request, reply) => {
    const { lost, orgs } = orgsOfVisitor(request)
    if (lost === undefined || !isSafeMethod(request)) return undefined
    const destination = destinationOf(request.url.split('?')[0] ?? '')
    if (!destination || destination.isOwn) return undefined
    return sendPage(reply, lostPage(reply, lost, orgs))
  })
}

const lostPage = (reply: FastifyReply, lost: string, orgs: VisitorOrgs['orgs']): Page => ({
  title: 'Choose an org',
  heading: 'Choose an org',
  breadcrumb: [],
  body: html`${notice({
    tone: 'warn',
    title: `You are not in ${lost} any more`,
    text: 'You left it, somebody removed you, or it was deleted. Nothing of it is shown to you.',
  })}
  ${orgs.length ? choices(reply, orgs) : withoutOrg}`,
})

const choices = (reply: FastifyReply, orgs: VisitorOrgs['orgs']): Html =>
  html`<form method="post" action="/account/active-org">
    ${csrfField(reply)}<input type="hidden" name="continue" value="/account" />
    <ul class="rows">
      ${orgs.map(
        ({ slug, name, role }) =>
          html`<li>
            <div class="about">
              <h3>${name}</h3>
              <p class="small">${slug} · ${role}</p>
            </div>
            ${button('Work here', { kind: 'quiet', name: 'org', value: slug, fullText: `Work here: ${name}` })}
          </li>`,
      )}
    </ul>
  </form>`

/** For a person who is a member of no org. */
export const withoutOrg: Html = emptyState({
  title: 'You are in no org yet',
  text: 'An org holds projects, licences and cards. Create one, or ask the owner of yours to invite you.',
  action: linkButton('/account/orgs/new', 'Create an org', { kind: 'quiet' }),
})
