import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { purchased } from '#contracts/purchase'
import { audit, by } from '#domain/audit'
import { dealOf } from '#domain/orders'
import { authJsonFor, keysIn, readKeys } from '#domain/projects'
import type { Secrets } from '#platform/secrets'
import { sendPage } from './layout.ts'
import { completed } from './operation-view.ts'
import { type LinkRequest, type Opened, type OperationPageOptions, visitOf } from './operation-visit.ts'
import { receipt, type ShownKeys } from './receipt-view.ts'

const installed = z.looseObject(purchased.pick({ project: true }).required().shape)

/** Shows the keys that a purchase in the browser made, to the person who bought. */
export function operationKeys(
  app: FastifyInstance,
  options: OperationPageOptions & { secrets: Secrets },
): void {
  app.post<LinkRequest>('/o/:link/keys', async (request, reply) => {
    const visit = await visitOf(options, request, reply)
    if (!visit) return reply
    const { operation, link } = visit
    const shown = await keysOf(options, visit)
    if (shown === undefined) return reply.redirect(`/o/${link}?keys=gone`, 303)
    const deal = await dealOf(options.db, operation.id)
    return sendPage(reply, completed(operation, { deal }, { more: deal && receipt(visit, deal, { shown }) }))
  })
}

/** auth.json. Undefined when it cannot be shown any more. Each display is audited. */
async function keysOf(
  { db, secrets, publicUrl, now }: OperationPageOptions & { secrets: Secrets },
  { operation: { id, orgId: org, connectionId, result }, customer, reply }: Opened,
): Promise<ShownKeys | undefined> {
  const { data } = installed.safeParse(result)
  // the keys of an assistant are shown to that assistant
  if (!data || connectionId) return undefined
  const caller = { customer, request: reply.request.id, scopes: [] }
  const secret = await readKeys(db, { operation: id, caller, at: now() })
  if (!secret) return undefined
  const text = JSON.stringify(authJsonFor(publicUrl, keysIn(secrets.open(secret, id))), undefined, 2)
  const about = { org, object: data.project, operation: id }
  await audit(db, { chain: `org:${org}`, action: 'show_auth_json', outcome: 'done', ...by(caller), ...about })
  return { text, until: secret.until }
}
