import type { FastifyInstance, FastifyReply } from 'fastify'
import { authJsonFor, keysIn, type PickupCode, pickUpKeys } from '#domain/projects'
import { DomainError } from '#kernel/errors'
import type { Db } from '#platform/database'
import type { Secrets } from '#platform/secrets'
import { html } from './customer-area/html.ts'
import { type Page, sendPage } from './customer-area/layout.ts'
import { refuseOtherSites } from './customer-area/own-site.ts'
import { limitPages } from './customer-area/visit-limits.ts'

export interface PickupOptions {
  db: Db
  secrets: Secrets
  publicUrl: string
  now: () => Date
}

interface LinkRequest {
  Params: { link: string }
}

/**
 * `POST /pickup/<link>` returns auth.json once. The link is its own credential, because a command on a server has no
 * session. A GET changes nothing, because chats and mail programs open links to show a preview.
 */
export async function pickupDoor(app: FastifyInstance, options: PickupOptions): Promise<void> {
  const { db, secrets, publicUrl, now } = options
  refuseOtherSites(app, publicUrl)
  limitPages(app, { now })
  app.removeAllContentTypeParsers()
  // the body is not used, so a client may send any or none
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: 1024 }, (_, __, done) => done(null))
  app.setErrorHandler((error, request, reply) => {
    if (!isRefusedPickup(error)) throw error
    return refuse(reply, error, request.id)
  })

  app.get<LinkRequest>('/pickup/:link', async (_, reply) => sendPage(reply, explanation))
  app.post<LinkRequest>('/pickup/:link', async (request, reply) => {
    const { link } = request.params
    const keys = await pickUpKeys(db, { link, open: secrets.open, request: request.id, at: now() })
    const authJson = authJsonFor(publicUrl, keysIn(keys))
    return secretly(reply).send(`${JSON.stringify(authJson, undefined, 4)}\n`)
  })
}

const secretly = (reply: FastifyReply) =>
  reply
    .type('application/json')
    .header('cache-control', 'no-store')
    .header('x-content-type-options', 'nosniff')

/** 410 for a link that worked once and will never work again. */
const REFUSALS = {
  pickup_not_found: { status: 404, next: () => 'Copy the whole command from the assistant.' },
  pickup_expired: { status: 410, next: (operation) => newLink(operation) },
  pickup_replaced: {
    status: 410,
    next: (operation) => `Use the newest link. If it is lost: ${newLink(operation)}`,
  },
  pickup_used: {
    status: 410,
    next: () => `If that was not you, ask your assistant to call revoke_project_token. ${NEW_KEYS}`,
  },
  pickup_keys_gone: { status: 410, next: () => NEW_KEYS },
  pickup_not_allowed: {
    status: 403,
    next: () => 'Connect your assistant again, or ask an owner, admin or developer of the org for keys.',
  },
} satisfies Record<PickupCode, { status: number; next: (operation: string) => string }>

const newLink = (operation: string) =>
  `Ask your assistant to call get_operation with operation_id ${operation}: it gives a new link within a day.`

const NEW_KEYS = 'Ask your assistant to call create_project_token with credentials pickup: it makes new keys.'

type RefusedPickup = DomainError & { code: PickupCode }

const isRefusedPickup = (error: unknown): error is RefusedPickup =>
  error instanceof DomainError && Object.hasOwn(REFUSALS, error.code)

function refuse(reply: FastifyReply, { code, message, operation = '' }: RefusedPickup, requestId: string) {
  const { status, next } = REFUSALS[code]
  const body = { code, message, next_step: next(operation), request_id: requestId }
  return secretly(reply.code(status)).send({ error: body })
}

const explanation: Page = {
  title: 'A link for a command',
  heading: 'This link is for a command',
  breadcrumb: [],
  body: html`<p>
      It fetches the file <code>auth.json</code> with the keys of one project, once. Opening it here fetched
      nothing and did not use it up.
    </p>
    <p>Run the command that your assistant showed, in the folder of your <code>composer.json</code>.</p>`,
}
