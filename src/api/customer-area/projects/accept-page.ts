import type { FastifyInstance, FastifyReply } from 'fastify'
import { acceptShare, type OfferedShare, offeredShare } from '#domain/sharing'
import { button, linkButton } from '../components/button.ts'
import { facts } from '../components/card.ts'
import { notice } from '../components/notice.ts'
import { momentText } from '../components/text.ts'
import { html } from '../html.ts'
import { type Page, sendPage } from '../layout.ts'
import { csrfField, sessionOf, signedIn } from '../session.ts'
import { START } from '../visit-limits.ts'
import { pathOf, type ProjectsOptions } from './visit.ts'

const PATH = '/share/:token'

interface ForShare {
  Params: { token: string }
}

/** The page that the mailed link of a share opens. Opening it uses nothing up, because mail scanners open links, too. */
export function acceptPage(app: FastifyInstance, { db, now }: ProjectsOptions): void {
  app.get<ForShare>(PATH, async (request, reply) => {
    const session = await sessionOf(request)
    const path = `/share/${encodeURIComponent(request.params.token)}`
    if (!session) return sendPage(reply, signInFirst(path))
    const { token } = request.params
    const offered = await offeredShare(db, { token, customer: session.customer, at: now() })
    return sendPage(reply, offerPage(reply, path, offered))
  })

  app.post<ForShare>(PATH, START, async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const given = { token: request.params.token, customer: session.customer }
    const project = await acceptShare(db, { ...given, at: now(), request: request.id })
    return reply.redirect(pathOf(project), 303)
  })
}

/** Says nothing about the project: whoever has the link may not be the one to whom it was sent. */
const signInFirst = (path: string): Page => ({
  title: 'A project is shared with you',
  heading: 'A project is shared with you',
  isNarrow: true,
  body: html`<p>
      Sign in with the address that got the mail. If it has no account yet, open one, then open the link of
      the mail again.
    </p>
    <p class="buttons">
      ${linkButton(`/sign-in?continue=${encodeURIComponent(path)}`, 'Sign in')}
      ${linkButton('/sign-up', 'Open an account', { kind: 'quiet' })}
    </p>`,
})

const ROLES: Record<OfferedShare['role'], string> = {
  viewer: 'You see this project, its licences and installs.',
  developer:
    'You see this project, its licences and installs, and make, rotate and revoke its keys for Composer.',
}

const offerPage = (reply: FastifyReply, path: string, offered: OfferedShare): Page => ({
  title: 'A project is shared with you',
  heading: `${offered.org} shares ${offered.projectName} with you`,
  isNarrow: true,
  body: html`${facts([
      ['Shared by', offered.by],
      ['As', offered.role],
      ['Until', offered.until ? momentText(offered.until) : 'they end it'],
    ])}
    ${notice({ tone: 'info', text: `${ROLES[offered.role]} You see nothing else of ${offered.org}.` })}
    <form class="stack" method="post" action="${path}">${csrfField(reply)}${button('Accept')}</form>
    <p class="small">If you do not know them, close this page.</p>`,
})
