// npm run sandbox:connect -- --as buyer@example.test [--scopes "read buy"] [--org slug]: prints an access token
import { parseArgs } from 'node:util'
import { mintId } from '#kernel/ids'
import { createConnection, mintAccessToken } from '#domain/connections'
import { findCustomerByEmail } from '#domain/identity'
import { orgsOf, type Scope, SCOPES } from '#domain/orgs'
import { type Db, isOutOfReach, openDatabase } from '../src/platform/database.ts'
import { whereItRuns } from './lock.ts'
import { Refused, sentenceOf } from './refused.ts'
import { data } from './settings.ts'

/** A month, in seconds. It is long because a person pastes the token into a client that cannot refresh it. */
const TTL = 30 * 24 * 60 * 60
const NOT_RUNNING = `Nothing runs in ${data}: start it with npm start first, or set DATA_DIR to where it runs.`
const USAGE = 'usage: npm run sandbox:connect -- --as buyer@example.test [--scopes "read buy"] [--org slug]'

try {
  console.log(await connect())
} catch (e) {
  console.error(isOutOfReach(e) ? NOT_RUNNING : (sentenceOf(e) ?? e))
  process.exitCode = 1
}

async function connect(): Promise<string> {
  if (process.env.NODE_ENV === 'production') throw new Refused('sandbox:connect is for the sandbox only.')
  const { as: email, scopes, org } = readArguments()
  const where = whereItRuns(data)
  if (!where) throw new Refused(NOT_RUNNING)
  const { db, close } = openDatabase(where.database_url, { max: 1 })
  try {
    return await mintFor(db, { email, scopes, org, aud: where.mcp })
  } finally {
    await close()
  }
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
  return names as Scope[]
}

/** Makes the connection and its token with the functions that the OAuth server will use. */
async function mintFor(
  db: Db,
  {
    email,
    scopes,
    org,
    aud,
  }: { email: string; scopes: readonly Scope[]; org: string | undefined; aud: string },
): Promise<string> {
  const customer = await findCustomerByEmail(db, email)
  if (!customer) throw new Refused(`There is no person ${email}; npm start lists who is there.`)
  const orgs = await orgsOf(db, customer.id)
  const active = org ? orgs.find(({ id, slug }) => [id, slug].includes(org)) : orgs[0]
  if (!active)
    throw new Refused(`${email} belongs to no org${org ? ` ${org}` : ''}; npm start lists who belongs where.`)
  const at = new Date()
  const connection = mintId('con', at, Math.random)
  const client = { clientId: 'sandbox:connect', clientName: 'sandbox:connect' }
  await createConnection(db, {
    id: connection,
    customer: customer.id,
    activeOrg: active.id,
    ...client,
    scopes,
    at,
  })
  const token = await mintAccessToken(db, { connection, aud, ttl: TTL, at })
  console.error(
    `${email} is connected as ${active.role} of ${active.slug} with ${['read', ...scopes.filter((s) => s !== 'read')].join(', ')}.`,
  )
  return token
}
