import { randomBytes } from 'node:crypto'
import { type Configuration, errors, interactionPolicy, Provider } from 'oidc-provider'
import { shortNetwork } from '#domain/identity'
import { SCOPES } from '#domain/orgs'
import { isAllowedOrigin } from '#platform/allowed-origins'
import type { PublicFetch } from '#platform/public-fetch'
import { newAccessToken } from '#domain/connections'
import type { StoreOptions } from './artifacts.ts'
import { spendingDetails } from './authorization-details.ts'
import { documentsOn } from './client-documents.ts'
import { adjustClient, faultOfRedirects } from './client-rules.ts'
import { answerOutages, outageIn, UNAVAILABLE } from './outage.ts'
import { signingKey } from './signing-key.ts'
import { storeOn } from './store.ts'
import { visits } from './visit.ts'

const HOUR_S = 3600
const DAY_S = 24 * HOUR_S
const DEVICE_CODE_S = 10 * 60
/** How often a device asks for its token. */
const POLL_S = 5
/** What a client calls after its consent. Our pages call the engine without a route. */
const OF_THE_CONNECTED: readonly string[] = ['token', 'revocation']
const WAITING: readonly string[] = ['authorization_pending', 'slow_down']

export interface EngineOptions extends Omit<StoreOptions, 'resource'> {
  publicUrl: string
  /** Hosts of browser clients besides our own, as at the MCP endpoint. */
  allowedOrigins?: readonly string[]
  publicFetch: PublicFetch
  /** Whether programs may register themselves. */
  registering: 'on' | 'off'
}

export type Engine = Provider

/** The OAuth server. The engine implements the protocol; the tables and the pages are ours. */
export function openEngine(options: EngineOptions): Engine {
  const { publicUrl, secrets, log } = options
  const engine = new Provider(publicUrl, configurationOf({ ...options, resource: `${publicUrl}/mcp` }))
  // `pinHost` removes what a client could forge
  engine.proxy = true
  prefixTokens(engine)
  answerOutages(engine, log)
  engine.on('grant.error', (_, { error }) => {
    // a device asks every few seconds
    if (!WAITING.includes(error)) log.info({ why: error }, 'the OAuth server refused a token')
  })
  // a link with the code in it is what a swindler would send, so a person has to type the code
  engine.on('device_authorization.success', (_, said) => {
    delete said.verification_uri_complete
    said.interval = POLL_S
  })
  engine.on('registration_create.error', (_, { error }) =>
    log.info({ why: error }, 'a client was not registered'),
  )
  // without a listener, Koa prints the error
  ;(engine as NodeJS.EventEmitter).on('error', (err: unknown) =>
    log.error({ err }, 'the OAuth server failed'),
  )
  // the engine compares these in each process, so each process has to derive the same values
  engine.keys = [secrets.deriveKey('oauth cookies').toString('base64url')]
  return engine
}

/** The engine has no setting for the format of tokens. We and secret scanners recognise our tokens by the prefix. */
function prefixTokens({ AccessToken, RefreshToken }: Engine): void {
  Object.assign(AccessToken.prototype, {
    generateTokenId(this: { format?: string }) {
      this.format = 'opaque'
      return newAccessToken()
    },
  })
  Object.assign(RefreshToken.prototype, {
    generateTokenId: () => `pkgr_${randomBytes(32).toString('base64url')}`,
  })
}

function configurationOf(options: EngineOptions & StoreOptions): Configuration {
  const { publicUrl, secrets, allowedOrigins = [] } = options
  const documents = documentsOn(options)
  return {
    adapter: storeOn(options),
    fetch: (input) => documents.fetch(input),
    jwks: { keys: [signingKey(secrets)] },
    cookies: cookiesFor(publicUrl),
    routes: {
      authorization: '/oauth/authorize',
      token: '/oauth/token',
      registration: '/oauth/register',
      revocation: '/oauth/revoke',
      device_authorization: '/oauth/device_authorization',
      // the page is ours; the engine only names it
      code_verification: '/device',
      jwks: '/oauth/jwks',
    },
    scopes: ['offline_access'],
    claims: {},
    responseTypes: ['code'],
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    clientDefaults: {
      grant_types: ['authorization_code', 'refresh_token'],
      id_token_signed_response_alg: 'ES256',
      response_types: ['code'],
    },
    pkce: { required: () => true },
    ttl: {
      AccessToken: HOUR_S,
      AuthorizationCode: 60,
      DeviceCode: DEVICE_CODE_S,
      Grant: 3650 * DAY_S,
      Interaction: 15 * 60,
      RefreshToken: 90 * DAY_S,
      Session: DAY_S,
    },
    // a refresh token outlives the engine's session, whether the client asked for offline_access or not
    expiresWithSession: async () => false,
    issueRefreshToken: async (_, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    revokeGrantPolicy: () => true,
    findAccount: async (_, accountId) => ({
      accountId,
      claims: async (): Promise<{ sub: string }> => ({ sub: accountId }),
    }),
    loadExistingGrant: async ({ oidc }) => {
      const grantId = oidc.result?.consent?.grantId
      return grantId ? oidc.provider.Grant.find(grantId) : undefined
    },
    interactions: { policy: loginOfTheVisitor(), url: async (_, { uid }) => `/connect/${uid}` },
    extraClientMetadata: { properties: ['software_id'], validator: checkClient },
    clientBasedCORS: (_, origin) => isAllowedOrigin(origin, allowedOrigins),
    features: featuresOf(options, documents),
    renderError: showProblem,
  }
}

function featuresOf(
  { db, resource, registering }: StoreOptions & Pick<EngineOptions, 'registering'>,
  documents: ReturnType<typeof documentsOn>,
): NonNullable<Configuration['features']> {
  return {
    ...OFF,
    registration: {
      enabled: registering === 'on',
      ...(registering === 'on' && { issueRegistrationAccessToken: false, idFactory: () => newClientId() }),
    },
    revocation: {
      enabled: true,
      allowedPolicy: async (_, client, token) => token.clientId === client.clientId,
    },
    deviceFlow: {
      enabled: true,
      charset: 'base-20',
      mask: '****-****',
      deviceInfo: () => ({ network: shortNetwork(visits.getStore()?.network ?? '') }),
    },
    richAuthorizationRequests: spendingDetails(db),
    clientIdMetadataDocument: {
      enabled: true,
      ack: 'draft-02',
      cacheDuration: { min: 300, max: DAY_S },
      allowClient: (ctx: { oidc?: { route?: string } } | undefined, { clientId }) =>
        documents.isAllowed(clientId, { isConnected: OF_THE_CONNECTED.includes(ctx?.oidc?.route ?? '') }),
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: async () => resource,
      useGrantedResource: async () => true,
      async getResourceServerInfo(_, asked) {
        if (asked !== resource) throw new errors.InvalidTarget()
        return {
          scope: SCOPES.join(' '),
          audience: resource,
          accessTokenFormat: 'opaque',
          accessTokenTTL: HOUR_S,
        }
      },
    },
  }
}

/** For a program the error is JSON. For a person we send the page, so the engine must not answer. */
const showProblem: NonNullable<Configuration['renderError']> = (ctx, out, error) => {
  const onProblem = visits.getStore()?.onProblem
  if (!onProblem) ctx.body = out
  else {
    ctx.respond = false
    const { status, error: code } = outageIn(error)
      ? UNAVAILABLE
      : { status: 'statusCode' in error ? Number(error.statusCode) : 500, error: out.error }
    onProblem({ status, code })
  }
}

const OFF = {
  devInteractions: { enabled: false },
  dPoP: { enabled: false },
  pushedAuthorizationRequests: { enabled: false },
  rpInitiatedLogout: { enabled: false },
  userinfo: { enabled: false },
}

const newClientId = () => `pkgc_${randomBytes(16).toString('base64url')}`

/** The engine calls this once for each client that it reads, whether the client registered itself or has a document. */
const checkClient: NonNullable<Configuration['extraClientMetadata']>['validator'] = (
  _,
  __,
  ___,
  metadata,
) => {
  const fault = faultOfRedirects(metadata.redirect_uris)
  if (fault) throw new errors.InvalidRedirectUri(fault)
  adjustClient(metadata)
}

/** Asks for a sign-in unless the engine's session belongs to the person who is signed in on our pages. */
function loginOfTheVisitor() {
  const policy = interactionPolicy.base()
  const { Check } = interactionPolicy
  policy.get('login')?.checks.add(
    new Check('other_person', 'another person is signed in', 'login_required', ({ oidc }) => {
      const { accountId } = oidc.session ?? {}
      return accountId !== undefined && accountId !== visits.getStore()?.customer
    }),
  )
  return policy
}

function cookiesFor(publicUrl: string): NonNullable<Configuration['cookies']> {
  const secure = publicUrl.startsWith('https:')
  const options = { httpOnly: true, sameSite: 'lax', secure, signed: true, overwrite: true } as const
  const name = (prefix: string, text: string) => (secure ? `${prefix}${text}` : text)
  return {
    names: {
      session: name('__Host-', 'engine'),
      interaction: name('__Secure-', 'connect'),
      resume: name('__Secure-', 'resume'),
    },
    long: { ...options, path: '/' },
    short: options,
  }
}
