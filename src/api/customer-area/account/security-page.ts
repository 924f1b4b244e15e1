import type { FastifyInstance, FastifyReply } from 'fastify'
import {
  endSession,
  type ListedSession,
  listSessions,
  secondFactorOf,
  type Session,
  signOutEverywhere,
} from '#domain/identity'
import { html, type Html } from '../html.ts'
import { sendPage } from '../layout.ts'
import { clearSessionCookie, csrfField, signedIn } from '../session.ts'
import type { AccountOptions } from './visit.ts'

const PATH = '/account/security'

/** `/account/security`: the settings of the account, and a list of its sign-ins. */
export async function securityPage(app: FastifyInstance, options: AccountOptions): Promise<void> {
  const { db, publicUrl } = options
  app.get(PATH, async (request, reply) => {
    const session = await signedIn(request, reply)
    return session
      ? sendPage(reply, {
          title: 'Sign-in settings',
          heading: 'Sign-in settings',
          body: await bodyOf(options, session, reply),
        })
      : reply
  })
  app.post<{ Params: { id: string } }>('/account/sessions/:id/end', async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    await endSession(db, { session, id: request.params.id, request: request.id })
    return reply.redirect(PATH, 303)
  })
  app.post('/account/sessions/end-all', async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    await signOutEverywhere(db, { customer: session.customer, request: request.id })
    clearSessionCookie(reply, publicUrl)
    return reply.redirect('/sign-in', 303)
  })
}

async function bodyOf(
  { db, secrets, now }: AccountOptions,
  session: Session,
  reply: FastifyReply,
): Promise<Html> {
  const factor = await secondFactorOf(db, secrets, session)
  const sessions = await listSessions(db, session, now())
  return html` <h2>How you sign in</h2>
    <ul class="cards">
      ${setting('E-mail address', session.email, EMAIL_LINK)} ${setting('Password', 'Set', PASSWORD_LINK)}
      ${
        factor.state === 'on'
          ? setting('Code at sign-in', `On, ${factor.recoveryCodesLeft} recovery codes left`, CODES_LINK)
          : setting('Code at sign-in', 'Off: a password alone is enough', CODES_OFFER)
      }
    </ul>
    <h2>Where you are signed in</h2>
    <ul class="cards">
      ${sessions.map((listed) => cardOf(listed, reply))}
    </ul>
    <form method="post" action="/account/sessions/end-all">
      ${csrfField(reply)}<button class="quiet">Sign out everywhere</button>
    </form>
    <p class="soft">Your connected assistants stay connected.</p>`
}

const EMAIL_LINK = { href: '/account/email', text: 'Change the address' }
const PASSWORD_LINK = { href: '/account/password', text: 'Change the password' }
const CODES_LINK = { href: '/account/second-factor', text: 'Manage codes' }
const CODES_OFFER = { href: '/account/second-factor', text: 'Turn codes on' }

/** Lets a long address break after its `@`, so that it fits a phone. */
const breakable = (text: string): Html => {
  const [before = '', ...after] = text.split('@')
  return html`${before}${after.length > 0 && html`<wbr />@${after.join('@')}`}`
}

const setting = (name: string, value: string, link: { href: string; text: string }): Html =>
  html`<li>
    <h3>${name}</h3>
    <p>${breakable(value)}</p>
    <p><a href="${link.href}">${link.text}</a></p>
  </li>`

function cardOf({ id, browser, network, openedAt, isCurrent }: ListedSession, reply: FastifyReply): Html {
  const name = browser ?? 'Unknown browser'
  const when = timeText(openedAt)
  return html`<li>
    <h3>${name}</h3>
    <p class="soft">From ${network ?? 'an unknown network'}</p>
    <p>Since <time datetime="${openedAt.toISOString()}">${when}</time></p>
    ${
      isCurrent
        ? html`<p>This browser</p>`
        : html`<form method="post" action="/account/sessions/${id}/end">
            ${csrfField(reply)}<button class="quiet" aria-label="Sign out ${name}, since ${when}">
              Sign out
            </button>
          </form>`
    }
  </li>`
}

const TIME = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'UTC',
})
const timeText = (at: Date) => `${TIME.format(at)} UTC`
