import { createHash, randomBytes } from 'node:crypto'
import {
  type BrowserPage,
  type Fields,
  type Left,
  type ScriptedBrowser,
  scriptedBrowser,
  wordsIn,
} from './browser.ts'

/** A step of the flow did not follow the specifications. The message is for a person. */
export class NotConnected extends Error {}

/** Nothing listens at this address. The code is read from the URL to which the browser would go. */
const CALLBACK = 'http://127.0.0.1/callback'

export interface Tokens {
  access_token: string
  refresh_token: string
  scope: string
  token_type: string
  expires_in: number
}

/** The metadata of the server, and what its first challenge says. */
export interface Server {
  issuer: string
  authorization_endpoint: string
  token_endpoint: string
  registration_endpoint: string
  revocation_endpoint: string
  resource: string
  /** The scopes that the first challenge asks for. */
  scope: string
}

/** Finds the server through the 401 of the MCP endpoint, like a client that knows only the URL of the endpoint. */
export async function discover(mcp: string): Promise<Server> {
  const refused = await fetch(mcp, { method: 'POST' })
  const challenge = refused.headers.get('www-authenticate') ?? ''
  const said = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1]
  const about = said('resource_metadata')
  if (refused.status !== 401 || !about) throw new NotConnected(`${mcp} did not ask for a token.`)
  const {
    resource,
    authorization_servers: [issuer],
  } = await json<{
    resource: string
    authorization_servers: string[]
  }>(about)
  if (resource !== mcp || !issuer) throw new NotConnected(`${about} is not about ${mcp}.`)
  const server = await json<Omit<Server, 'resource' | 'scope'>>(
    new URL('/.well-known/oauth-authorization-server', issuer).href,
  )
  if (server.issuer !== issuer) throw new NotConnected(`The metadata of ${issuer} names another issuer.`)
  return { ...server, resource, scope: said('scope') ?? '' }
}

export async function register(server: Server, metadata: object = {}): Promise<{ client_id: string }> {
  return json(server.registration_endpoint, {
    client_name: 'sandbox:connect',
    redirect_uris: [CALLBACK],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    ...metadata,
  })
}

export interface Person {
  email: string
  password: string
}

export interface Wanted {
  server: Server
  clientId: string
  person: Person
  /** Fields of the consent form. */
  consent?: Fields
  scope?: string
  redirectUri?: string
  browser?: ScriptedBrowser
}

/** Authorizes in a scripted browser, then exchanges the code. */
export async function connectAs(wanted: Wanted): Promise<Tokens> {
  const { server, clientId } = wanted
  const asked = askFor(wanted)
  const browser = wanted.browser ?? scriptedBrowser(server.issuer)
  const code = codeIn(await allowedIn(browser, asked.url, wanted), asked, server)
  return exchange(server, { asked, clientId, code })
}

/** The values that a client stores between the authorization and the exchange of the code. */
export interface AskedFor {
  url: string
  state: string
  verifier: string
  redirectUri: string
}

/** The URL that a client opens in the browser, with the values that it needs later. */
export function askFor({
  server,
  clientId,
  scope,
  redirectUri = CALLBACK,
}: Omit<Wanted, 'person'>): AskedFor {
  const verifier = randomBytes(32).toString('base64url')
  const state = randomBytes(16).toString('base64url')
  const url = new URL(server.authorization_endpoint)
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: scope ?? server.scope,
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource: server.resource,
  }).toString()
  return { url: url.href, state, verifier, redirectUri }
}

/** Signs in if the page asks for it, allows, and returns the URL to which the browser went. */
export async function allowedIn(
  browser: ScriptedBrowser,
  url: string,
  { person, consent = {} }: Pick<Wanted, 'person' | 'consent'>,
): Promise<URL> {
  const page = await signedInAt(browser, url, person)
  if ('signIn' in page) throw new NotConnected(`${person.email} could not sign in: ${wordsIn(page.body)}`)
  const left = await answerIn(browser, page, consent)
  if (!left) throw new NotConnected(`The consent of ${person.email} did not go on.`)
  return left
}

/**
 * Opens a URL and signs in if the page asks for it. Returns the first page after the sign-in, or the sign-in page if it
 * refused.
 */
export async function signedInAt(
  browser: ScriptedBrowser,
  url: string,
  { email, password }: Person,
): Promise<(BrowserPage & { signIn?: true }) | Left> {
  const page = await browser.open(url)
  if ('left' in page || !isSignIn(page)) return page
  const next = await browser.submit(page, '/sign-in', { email, password })
  return 'left' in next || !isSignIn(next) ? next : { ...next, signIn: true }
}

const isSignIn = ({ url }: BrowserPage) => new URL(url).pathname === '/sign-in'

/** Sends the form of the consent page with these fields and allows the connection. Returns undefined when the page does not let the person continue. */
export async function answerIn(
  browser: ScriptedBrowser,
  page: BrowserPage | Left,
  consent: Fields,
): Promise<URL | undefined> {
  if ('left' in page) return page.left
  const action = /\/consent$/
  if (!browser.hasForm(page, action)) return undefined
  const answer = await browser.submit(page, action, consent)
  return 'left' in answer ? answer.left : undefined
}

/** Checks the parameters beside the code, so that a code of another server is refused. */
export function codeIn(left: URL, { state }: AskedFor, { issuer }: Server): string {
  const said = Object.fromEntries(left.searchParams)
  if (said.state !== state || said.iss !== issuer) throw new NotConnected('The answer is not to our request.')
  if (!said.code) throw new NotConnected(`The server refused: ${said.error} ${said.error_description ?? ''}`)
  return said.code
}

export const exchange = (
  server: Server,
  { asked, clientId, code }: { asked: AskedFor; clientId: string; code: string },
): Promise<Tokens> =>
  json<Tokens>(
    server.token_endpoint,
    new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      code_verifier: asked.verifier,
      redirect_uri: asked.redirectUri,
      client_id: clientId,
      resource: server.resource,
    }),
  )

async function json<T>(url: string, body?: object): Promise<T> {
  const isForm = body instanceof URLSearchParams
  const answer = await fetch(url, {
    ...(body && { method: 'POST', body: isForm ? body : JSON.stringify(body) }),
    headers: { accept: 'application/json', ...(body && !isForm && { 'content-type': 'application/json' }) },
  })
  const text = await answer.text()
  if (!answer.ok) throw new NotConnected(`${url} answered ${answer.status}: ${text.slice(0, 500)}`)
  return JSON.parse(text) as T
}
