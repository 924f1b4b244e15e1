import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { errors, type Interaction } from 'oidc-provider'
import { z } from 'zod'
import {
  ConnectRequestOver,
  connectionsLike,
  grantConnection,
  refuseConnection,
  shownName,
} from '#domain/connections'
import type { Session } from '#domain/identity'
import { accessesOf, type Scope, SCOPES } from '#domain/orgs'
import type { SpendingSettings } from '#domain/spending'
import type { Db } from '#platform/database'
import { networkOf } from '#platform/network'
import { type Page, sendPage } from '../customer-area/layout.ts'
import { signedIn } from '../customer-area/session.ts'
import { parseSpendingForm, spendingValues } from '../customer-area/spending-form.ts'
import { rulesAskedFor } from './authorization-details.ts'
import { redirectHostOf } from './client-rules.ts'
import { type Application, consentPage, type ConsentView, goOnPage, signInAgainPage } from './consent-page.ts'
import type { Engine } from './engine.ts'
import { PROFILES, scopesWithin } from './profiles.ts'
import { visits } from './visit.ts'

const MAX_BODY_BYTES = 8 * 1024
/** Older sign-ins have to be repeated before an application gets access for months. */
const FRESH_MS = 12 * 3_600_000

export interface ConnectOptions {
  db: Db
  engine: Engine
  spending: SpendingSettings
  now: () => Date
}

type ConnectRequest = FastifyRequest<{ Params: { uid: string } }>

const consentForm = z.object({
  org: z
    .string()
    .regex(/^[\w-]{1,100}$/)
    .catch(''),
  profile: z.enum(PROFILES).catch('read'),
  scope: z
    .union([z.string().transform((one) => [one]), z.array(z.string())])
    .catch([])
    .default([]),
  replaces: z
    .union([z.string().transform((one) => [one]), z.array(z.string()).max(100)])
    .catch([])
    .default([]),
})

/** `/connect/:uid`: a person decides whether an application may act for them. No POST here redirects. */
export async function connectPages(app: FastifyInstance, options: ConnectOptions): Promise<void> {
  const { db, engine, now } = options
  const currencies = options.spending.defaults.limits.map(({ currency }) => currency)

  app.get('/connect/:uid', async (request: ConnectRequest, reply) => {
    // in another browser, signing in would not help
    if (!request.cookies[engine.cookieName('interaction')]) throw new ConnectRequestOver()
    const session = await signedIn(request, reply)
    if (!session) return reply
    const asked = await requestIn(options, { request, reply, session })
    if (asked.interaction.prompt.name === 'login') {
      const ts = Math.floor(session.authAt.getTime() / 1000)
      return reply.redirect(await asked.finish({ login: { accountId: session.customer, ts } }), 303)
    }
    if (!isFresh(session, now())) return sendPage(reply, signInAgainPage(request.url))
    const limits = limitsFor(asked.interaction, options.spending)
    return sendPage(reply, await pageOf(db, reply, { ...asked, ...limits, session, path: request.url }))
  })

  app.post('/connect/:uid/consent', { bodyLimit: MAX_BODY_BYTES }, async (request: ConnectRequest, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const { interaction, application, scopes, finish } = await requestIn(options, { request, reply, session })
    if (interaction.prompt.name !== 'consent') throw new ConnectRequestOver()
    if (!isFresh(session, now())) return sendPage(reply, signInAgainPage(`/connect/${request.params.uid}`))
    const { org, profile, scope: ticked, replaces } = consentForm.parse(request.body ?? {})
    const granted = scopesWithin({ requested: scopes, profile, ticked })
    const limits = granted.includes('buy') ? parseSpendingForm(request.body) : undefined
    if (limits && !limits.ok) {
      const asked = { application, scopes, session, path: `/connect/${request.params.uid}` }
      const { isSpendingAsked } = limitsFor(interaction, options.spending)
      const spending = { ...limits, currencies }
      const sent = { org, profile, ticked, replaces }
      return sendPage(reply, await pageOf(db, reply, { ...asked, isSpendingAsked, spending, sent }), 422)
    }
    const connection = await grantConnection(db, {
      asked: requestOf(interaction),
      customer: session.customer,
      org,
      clientId: application.id,
      clientName: application.name,
      clientHost: application.host,
      redirectHost: application.redirectHost,
      scopes: granted,
      spending: limits?.rules,
      replaces,
      request: request.id,
      at: now(),
    })
    return sendPage(reply, goOnPage(application, await finish({ consent: { grantId: connection } })))
  })

  app.post('/connect/:uid/deny', { bodyLimit: MAX_BODY_BYTES }, async (request: ConnectRequest, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const { interaction, application, finish } = await requestIn(options, { request, reply, session })
    const { customer } = session
    const answer = { asked: requestOf(interaction), customer, clientId: application.id }
    await refuseConnection(db, { ...answer, request: request.id, at: now() })
    const error = { error: 'access_denied', error_description: 'the person did not allow the connection' }
    return sendPage(reply, goOnPage(application, await finish(error)))
  })
}

const requestOf = ({ uid: id }: Interaction) => ({ model: 'Interaction', id }) as const

/** The limits of the form at first: those that the application asks for, else the defaults. */
function limitsFor({ params }: Interaction, { defaults }: SpendingSettings) {
  const asked = rulesAskedFor(params)
  const currencies = defaults.limits.map(({ currency }) => currency)
  return {
    spending: { values: spendingValues(asked ?? defaults), currencies },
    isSpendingAsked: asked !== undefined,
  }
}

async function pageOf(db: Db, reply: FastifyReply, view: Omit<ConsentView, 'orgs' | 'older'>): Promise<Page> {
  const { session, application } = view
  const { id: clientId, name: clientName, redirectHost } = application
  const like = { clientId, clientName, redirectHost }
  const older = await connectionsLike(db, session.customer, like)
  return consentPage(reply, { ...view, older, orgs: await accessesOf(db, session.customer) })
}

export const isFresh = ({ authAt }: Session, at: Date) => at.getTime() - authAt.getTime() < FRESH_MS

interface Asked {
  interaction: Interaction
  application: Application
  /** What the application asks for, of our scopes. */
  scopes: Scope[]
  /** Stores the answer. Returns where the browser goes on. */
  finish: (result: Parameters<Engine['interactionResult']>[2]) => Promise<string>
}

interface At {
  request: ConnectRequest
  reply: FastifyReply
  session: Session
}

/**
 * The application's request, by the cookie that this browser got for this page. Refuses `connect_request_over` without it,
 * after 15 minutes, after the answer, and when it was begun by another person.
 */
async function requestIn({ engine }: ConnectOptions, { request, reply, session }: At): Promise<Asked> {
  const visit = { customer: session.customer, network: networkOf(request) }
  const { raw } = request
  return visits.run(visit, async () => {
    try {
      const interaction = await engine.interactionDetails(raw, reply.raw)
      if (interaction.uid !== request.params.uid) throw new ConnectRequestOver()
      return {
        interaction,
        application: await applicationOf(engine, interaction),
        scopes: scopesIn(interaction.params.scope),
        finish: (result) => visits.run(visit, () => engine.interactionResult(raw, reply.raw, result)),
      }
    } catch (error) {
      throw error instanceof errors.SessionNotFound ? new ConnectRequestOver() : error
    }
  })
}

/** Refuses `connect_request_over` when the client is gone, blocked or withdrawn meanwhile. */
export async function clientOf(engine: Engine, clientId: string) {
  try {
    const client = await engine.Client.find(clientId)
    if (client) return client
  } catch (error) {
    if (!(error instanceof errors.OIDCProviderError)) throw error
  }
  throw new ConnectRequestOver()
}

async function applicationOf(engine: Engine, { params }: Interaction): Promise<Application> {
  const client = await clientOf(engine, String(params.client_id))
  const { host: redirectHost, isThisDevice } = redirectHostOf(String(params.redirect_uri))
  return {
    id: client.clientId,
    name: shownName(client.clientName),
    // the document was fetched from there, so the host speaks for itself
    host: client.clientIdMetadataDocument ? new URL(client.clientId).host : undefined,
    redirectHost,
    isThisDevice,
  }
}

function scopesIn(text: unknown): Scope[] {
  const words = typeof text === 'string' ? text.split(' ') : []
  return SCOPES.filter((scope) => scope === 'read' || words.includes(scope))
}
