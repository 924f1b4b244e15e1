// npm run sandbox:connect -- --as buyer@example.test [--scopes "read buy"] [--org slug]: prints an access token
import { parseArgs } from 'node:util'
import { type Scope, SCOPES } from '#domain/orgs'
import { scriptedBrowser } from './browser.ts'
import { whereItRuns } from './lock.ts'
import {
  answerIn,
  askFor,
  codeIn,
  discover,
  exchange,
  NotConnected,
  register,
  signedInAt,
} from './oauth-client.ts'
import { Refused, sentenceOf } from './refused.ts'
import { SANDBOX_PASSWORD } from './seed/cast.ts'
import { data } from './settings.ts'

const NOT_RUNNING = `Nothing runs in ${data}: start it with npm start first, or set DATA_DIR to where it runs.`
const USAGE = 'usage: npm run sandbox:connect -- --as buyer@example.test [--scopes "read buy"] [--org slug]'
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

try {
  console.log(await connect())
} catch (e) {
  console.error(e instanceof NotConnected ? e.message : (sentenceOf(e) ?? e))
  process.exitCode = 1
}

/** Connects like any application: registers, signs in and allows in a browser, exchanges the code. */
async function connect(): Promise<string> {
  if (process.env.NODE_ENV === 'production') throw new Refused('sandbox:connect is for the sandbox only.')
  const { as: email, scopes, org } = readArguments()
  const where = whereItRuns(data)
  if (!where) throw new Refused(NOT_RUNNING)
  if (!LOOPBACK.includes(new URL(where.mcp).hostname))
    throw new Refused(
      `${where.mcp} is not on this machine, and the password of the sandbox is for this machine only.`,
    )
  const server = await discover(where.mcp)
  const { client_id: clientId } = await register(server)
  const asked = askFor({ server, clientId, scope: scopes.join(' ') })
  const browser = scriptedBrowser(server.issuer)
  const page = await signedInAt(browser, asked.url, { email, password: SANDBOX_PASSWORD })
  if ('signIn' in page)
    throw new Refused(
      `${email} cannot sign in with the password of the sandbox; npm start lists who is there.`,
    )
  const allowed = await answerIn(browser, page, { profile: 'all', ...(org && { org }) })
  if (!allowed)
    throw new Refused(`${email} belongs to no org${org ? ` ${org}` : ''}; npm start lists who belongs where.`)
  const tokens = await exchange(server, { asked, clientId, code: codeIn(allowed, asked, server) })
  console.error(`${email} is connected for an hour with ${tokens.scope.replaceAll(' ', ', ')}.`)
  return tokens.access_token
}

function readArguments() {
  try {
    const options = { as: { type: 'string' }, scopes: { type: 'string' }, org: { type: 'string' } } as const
    const { values } = parseArgs({ options })
    if (!values.as) throw new Refused(USAGE)
    return { as: values.as, scopes: scopesIn(values.scopes), org: values.org }
  } catch (e) {
    throw e instanceof Refused ? e : new Refused(USAGE)
  }
}

function scopesIn(text: string | undefined): readonly Scope[] {
  if (text === undefined) return SCOPES
  const names = text.split(/[\s,]+/).filter(Boolean)
  const unknown = names.find((name) => !SCOPES.includes(name as Scope))
  if (unknown) throw new Refused(`There is no scope ${unknown}; there are ${SCOPES.join(', ')}.`)
  return ['read', ...(names.filter((name) => name !== 'read') as Scope[])]
}
