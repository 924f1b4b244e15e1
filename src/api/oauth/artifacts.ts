import { type Adapter, type AdapterPayload, errors, Provider } from 'oidc-provider'
import {
  consumeArtifact,
  deleteArtifact,
  findArtifact,
  findGrant,
  type FoundArtifact,
  hashOfArtifact,
  pollDeviceCode,
  saveArtifact,
} from '#domain/connections'
import { type ConnectionId, isId } from '#kernel/ids'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'
import type { Secrets } from '#platform/secrets'

export interface StoreOptions {
  db: Db
  secrets: Secrets
  /** The resource of every token, such as `https://market.example/mcp`. */
  resource: string
  now: () => Date
  log: Logger
}

/** Everything else: codes, sessions, requests to be connected. Encrypted, because they name each other by secret ids. */
export function artifacts(model: string, options: StoreOptions): Adapter {
  const { db, secrets, now } = options
  const opened = openerOf(model, options)
  return {
    async upsert(id, payload, ttl = 0) {
      const { grantId, uid, userCode } = payload
      await saveArtifact(db, {
        model,
        id,
        otherId: userCode ?? (model === 'Session' ? uid : undefined),
        ...secrets.seal(JSON.stringify(payload), aboutArtifact(model, hashOfArtifact(id))),
        connection: grantId ? connectionIn(grantId) : undefined,
        expiresAt: new Date(now().getTime() + ttl * 1000),
      })
    },
    find: async (id) => opened(await findArtifact(db, model, { id })),
    findByUid: async (otherId) => opened(await findArtifact(db, model, { otherId })),
    findByUserCode: async (otherId) => opened(await findArtifact(db, model, { otherId })),
    async consume(id) {
      if (!(await consumeArtifact(db, model, id, now()))) throw new errors.InvalidGrant('already used')
    },
    destroy: (id) => deleteArtifact(db, model, id),
    revokeByGrantId: nothing,
  }
}

const aboutArtifact = (model: string, idHash: Buffer) => `oauth ${model} ${idHash.toString('hex')}`

/** Returns how an artifact of this model is decrypted. */
const openerOf =
  (model: string, { secrets }: StoreOptions) =>
  (found: FoundArtifact | undefined): AdapterPayload | undefined => {
    if (!found) return undefined
    const payload = JSON.parse(secrets.open(found, aboutArtifact(model, found.idHash))) as AdapterPayload
    return { ...payload, ...(found.consumedAt && { consumed: secondsOf(found.consumedAt) }) }
  }

/**
 * The answer of the person is what the row says, so nothing can be lost between the consent and the payload. An application
 * that polls too often is told to slow down.
 */
export function deviceCodes(options: StoreOptions): Partial<Adapter> {
  const { db, resource, now } = options
  const opened = openerOf('DeviceCode', options)

  async function answered(found: FoundArtifact | undefined): Promise<AdapterPayload | undefined> {
    const payload = opened(found)
    if (!found || !payload) return undefined
    const code = { ...payload, exp: secondsOf(found.expiresAt) }
    const { connection, isRefused } = found
    if (!connection && !isRefused) return code
    const grant = connection && (await findGrant(db, connection))
    if (!grant)
      return { ...code, error: 'access_denied', errorDescription: 'the person did not allow the connection' }
    const { customer: accountId, scopes } = grant
    return { ...code, accountId, grantId: connection, scope: scopes.join(' '), resource }
  }

  return {
    async find(id) {
      const isPoll = Provider.ctx?.oidc.route === 'token'
      if (isPoll && (await pollDeviceCode(db, id, now()))) throw new errors.SlowDown()
      return answered(await findArtifact(db, 'DeviceCode', { id }))
    },
    findByUserCode: async (otherId) => answered(await findArtifact(db, 'DeviceCode', { otherId })),
  }
}

export function connectionIn(grantId: string | undefined): ConnectionId {
  if (!grantId || !isId('con', grantId)) throw new Error('a grant has to be a connection')
  return grantId
}

export const nothing = async () => undefined
export const secondsOf = (date: Date) => Math.floor(date.getTime() / 1000)
