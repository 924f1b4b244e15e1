import { type Adapter, type AdapterFactory, type AdapterPayload, errors, Provider } from 'oidc-provider'
import {
  deleteAccessToken,
  deleteRefreshToken,
  findAccessToken,
  findClient,
  findGrant,
  findRefreshToken,
  revokeConnection,
  saveAccessToken,
  saveClient,
  saveRefreshToken,
  useRefreshToken,
} from '#domain/connections'
import { SCOPES } from '#domain/orgs'
import { isId } from '#kernel/ids'
import { artifacts, connectionIn, deviceCodes, nothing, secondsOf, type StoreOptions } from './artifacts.ts'
import { visits } from './visit.ts'

/** A grant does not expire, but the engine needs a time. */
const GRANT_S = 3650 * 24 * 3600

/** Stores the data of the engine in our tables. The engine identifies each artifact by a model name and an id. */
export function storeOn(options: StoreOptions): AdapterFactory {
  const kinds: Record<string, Partial<Adapter>> = {
    Client: clients(options),
    Grant: grants(options),
    AccessToken: accessTokens(options),
    RefreshToken: refreshTokens(options),
    DeviceCode: deviceCodes(options),
    Session: sessions(options),
  }
  return (model) => ({ ...artifacts(model, options), ...kinds[model] })
}

function clients({ db, secrets, now }: StoreOptions): Partial<Adapter> {
  const about = (id: string) => `oauth client ${id}`
  return {
    async upsert(id, { client_secret: secret, ...metadata }) {
      await saveClient(
        db,
        { id, metadata, secret: secret ? secrets.seal(secret, about(id)) : undefined },
        now(),
      )
    },
    async find(id) {
      const client = await findClient(db, id)
      if (!client) return undefined
      const { metadata, secret } = client
      return {
        ...metadata,
        ...(secret && { client_secret: secrets.open(secret, about(id)) }),
      } as AdapterPayload
    },
  }
}

/** A grant is a row of `connections`, which only the consent page writes. */
function grants({ db, resource, now, log }: StoreOptions): Partial<Adapter> {
  return {
    upsert: () => Promise.reject(new Error('only the consent page makes a grant')),
    async find(id) {
      const grant = isId('con', id) ? await findGrant(db, id) : undefined
      if (!grant) return undefined
      const iat = secondsOf(grant.createdAt)
      const unticked = SCOPES.filter((scope) => !grant.scopes.includes(scope))
      return {
        kind: 'Grant',
        jti: id,
        iat,
        exp: iat + GRANT_S,
        accountId: grant.customer,
        clientId: grant.clientId,
        // has both kinds of scopes; the scopes that were not ticked are `rejected`, because otherwise the
        // engine asks again
        openid: { scope: 'offline_access' },
        resources: { [resource]: SCOPES.join(' ') },
        ...(unticked.length && { rejected: { resources: { [resource]: unticked.join(' ') } } }),
      } as AdapterPayload
    },
    async destroy(id) {
      if (!isId('con', id)) return
      const reason = whyRevoked()
      log.warn({ connection: id, reason }, 'a connection was revoked by the protocol')
      await revokeConnection(db, { id, reason, at: now() })
    },
  }
}

/**
 * Derives the reason from the request that the engine answers, because the engine does not state why it ends a grant.
 */
function whyRevoked(): string {
  const { route, params } = Provider.ctx?.oidc ?? {}
  if (route === 'revocation') return 'client'
  return params?.grant_type === 'refresh_token' ? 'refresh_token_reused' : 'code_replayed'
}

function accessTokens({ db, resource, now }: StoreOptions): Partial<Adapter> {
  return {
    async upsert(token, { grantId, aud, scope, exp = 0 }) {
      if (aud !== resource) throw new Error('an access token has to be for our resource')
      const connection = connectionIn(grantId)
      const issued = { token, connection, aud, scopes: wordsOf(scope), expiresAt: dateOf(exp), at: now() }
      if (!(await saveAccessToken(db, issued))) throw new errors.InvalidGrant('grant not found')
    },
    async find(token) {
      const found = await findAccessToken(db, token)
      return (
        found && {
          kind: 'AccessToken',
          jti: token,
          iat: secondsOf(found.createdAt),
          exp: secondsOf(found.expiresAt),
          accountId: found.customer,
          clientId: found.clientId,
          grantId: found.connection,
          aud: found.aud,
        }
      )
    },
    destroy: (token) => deleteAccessToken(db, token),
    // the access tokens are deleted when their grant ends
    revokeByGrantId: nothing,
  }
}

function refreshTokens({ db, now }: StoreOptions): Partial<Adapter> {
  return {
    async upsert(token, { jti: _token, ...payload }) {
      const connection = connectionIn(payload.grantId)
      await saveRefreshToken(db, { token, connection, payload, expiresAt: dateOf(payload.exp ?? 0) }, now())
    },
    async find(token) {
      const found = await findRefreshToken(db, token, now())
      if (!found) return undefined
      const { payload, consumedAt } = found
      return { ...payload, jti: token, ...(consumedAt && { consumed: secondsOf(consumedAt) }) }
    },
    async consume(token) {
      if (!(await useRefreshToken(db, token, now())))
        throw new errors.InvalidGrant('refresh token already used')
    },
    destroy: (token) => deleteRefreshToken(db, token),
    revokeByGrantId: nothing,
  }
}

/** The engine's session belongs to one person. Another person who uses the same browser must not continue it. */
function sessions(options: StoreOptions): Partial<Adapter> {
  const all = artifacts('Session', options)
  const own = (session: AdapterPayload | void) =>
    session && [undefined, visits.getStore()?.customer].includes(session.accountId as never)
      ? session
      : undefined
  return {
    find: async (id) => own(await all.find(id)),
    findByUid: async (uid) => own(await all.findByUid(uid)),
  }
}

const wordsOf = (text: string | undefined): string[] => text?.split(' ').filter(Boolean) ?? []
const dateOf = (seconds: number) => new Date(seconds * 1000)
