import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  countDeviceCode,
  DEVICE_SCOPES,
  grantConnection,
  refuseConnection,
  shownName,
  TooManyDeviceCodes,
} from '#domain/connections'
import { type Session, shortNetwork } from '#domain/identity'
import { accessesOf, type Scope } from '#domain/orgs'
import { networkOf } from '#platform/network'
import { sendPage } from '../customer-area/layout.ts'
import { signedIn } from '../customer-area/session.ts'
import { clientOf, type ConnectOptions, isFresh } from './connect.ts'
import { signInAgainPage } from './consent-page.ts'
import { answeredPage, codePage, type Device, devicePage } from './device-page.ts'

const MAX_BODY_BYTES = 8 * 1024
/** A code without its dash. The engine uses no vowels. */
const CODE = /^[BCDFGHJKLMNPQRSTVWXZ]{8}$/

type DeviceOptions = Pick<ConnectOptions, 'db' | 'engine' | 'now'>

const form = z
  .object({
    user_code: z
      .string()
      .max(100)
      .transform((text) => text.toUpperCase().replaceAll(/[\s\p{P}]/gu, ''))
      .pipe(z.string().regex(CODE))
      .optional()
      .catch(undefined),
    org: z
      .string()
      .regex(/^[\w-]{1,100}$/)
      .catch(''),
    scope: z
      .union([z.string().transform((one) => [one]), z.array(z.string())])
      .catch([])
      .default([]),
  })
  .catch({ user_code: undefined, org: '', scope: [] })

/**
 * `/device`: a person types the code that an application shows on another machine (RFC 8628), then decides as on the
 * consent page. Whether a code is unknown, over or answered, the page says the same.
 */
export async function devicePages(app: FastifyInstance, options: DeviceOptions): Promise<void> {
  const { db, now } = options

  app.get('/device', async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    return sendPage(reply, isFresh(session, now()) ? codePage(reply) : signInAgainPage('/device'))
  })

  /** Answers a POST. Everything that takes a code counts it, so that no route is for guessing. */
  const post = (path: string, answer: Answerer) =>
    app.post(path, { bodyLimit: MAX_BODY_BYTES }, async (request, reply) => {
      const session = await signedIn(request, reply)
      if (!session) return reply
      if (!isFresh(session, now())) return sendPage(reply, signInAgainPage('/device'))
      const sent = form.parse(request.body)
      const device = await deviceWith(options, { request, reply, session, code: sent.user_code })
      if (!device) return sendPage(reply, codePage(reply, { isWrong: true }), 422)
      return answer(reply, { request: request.id, session, sent, device })
    })

  post('/device', async (reply, { session, device }) => {
    if (device.isAnswered) return sendPage(reply, codePage(reply, { isWrong: true }), 422)
    const orgs = await accessesOf(db, session.customer)
    return sendPage(reply, devicePage(reply, { device, session, orgs }))
  })

  post('/device/allow', async (reply, { request, session, sent, device }) => {
    const { application, scopes } = device
    await grantConnection(db, {
      asked: { model: 'DeviceCode', id: device.id },
      customer: session.customer,
      org: sent.org,
      clientId: application.id,
      clientName: application.name,
      clientHost: application.host,
      redirectHost: undefined,
      scopes: scopes.filter((scope) => scope === 'read' || sent.scope.includes(scope)),
      spending: undefined,
      request,
      at: now(),
    })
    return sendPage(reply, answeredPage(application, { isAllowed: true }))
  })

  post('/device/deny', async (reply, { request, session, device }) => {
    const { application } = device
    const asked = { model: 'DeviceCode', id: device.id } as const
    const { customer } = session
    await refuseConnection(db, { asked, customer, clientId: application.id, request, at: now() })
    return sendPage(reply, answeredPage(application, { isAllowed: false }))
  })
}

type Answerer = (
  reply: FastifyReply,
  about: { request: string; session: Session; sent: z.output<typeof form>; device: Device },
) => Promise<FastifyReply>

interface At {
  request: FastifyRequest
  reply: FastifyReply
  session: Session
  code: string | undefined
}

/** The request that this code is for. Undefined for an unknown code and one that is over. */
async function deviceWith(
  { db, engine, now }: DeviceOptions,
  { request, reply, session, code }: At,
): Promise<Device | undefined> {
  const network = networkOf(request)
  try {
    await countDeviceCode(db, { customer: session.customer, network }, now())
  } catch (error) {
    if (error instanceof TooManyDeviceCodes) reply.header('retry-after', error.retryAfter)
    throw error
  }
  const found = code === undefined ? undefined : await engine.DeviceCode.findByUserCode(code)
  // the engine lets a code live a little longer
  if (code === undefined || !found?.clientId || found.isExpired) return undefined
  const client = await clientOf(engine, found.clientId)
  const from = found.deviceInfo?.network
  return {
    id: found.jti,
    code,
    isAnswered: Boolean(found.error ?? found.accountId),
    application: {
      id: client.clientId,
      name: shownName(client.clientName),
      host: client.clientIdMetadataDocument ? new URL(client.clientId).host : undefined,
    },
    network: typeof from === 'string' ? from : '',
    isYourNetwork: from === shortNetwork(network),
    ...askedScopes(found.params?.scope),
  }
}

/** An application that names no scope of ours may get any of them, but nothing is ticked for it. */
function askedScopes(text: unknown): { scopes: Scope[]; isAsked: boolean } {
  const words = typeof text === 'string' ? text.split(' ') : []
  const asked = DEVICE_SCOPES.filter((scope) => words.includes(scope))
  // a request for nothing but `buy` is not one for everything else
  const isAsked = asked.length > 0 || words.includes('buy')
  const scopes = isAsked
    ? DEVICE_SCOPES.filter((scope) => scope === 'read' || asked.includes(scope))
    : [...DEVICE_SCOPES]
  return { scopes, isAsked }
}
