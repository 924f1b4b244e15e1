import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mintId } from '#kernel/ids'
import { openSecrets } from '#platform/secrets'
import { aMarket } from '../support/a-market.ts'
import { type Answered, titleAndMainOf } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
import { type Audience, AUDIENCE, anAudience, MEMBERS, type Who } from '../support/an-audience.ts'
import { aDatabase } from '../support/database.ts'
import { namedInRoutes } from '../support/named-in-routes.ts'
import { filled, offeredOn, type PageRow, PAGES } from '../support/page-matrix.ts'
import { pathsOf } from '../support/routes.ts'

type Named = Record<string, string>

let database: Awaited<ReturnType<typeof aDatabase>>
let app: FastifyInstance
let audience: Audience
let mine: Named
let theirs: Named
const clock = { ahead: 0 }
beforeAll(async () => {
  database = await aDatabase('market')
  const market = await aMarket(database.db)
  const secrets = openSecrets({ key: randomBytes(32).toString('base64') })
  const now = () => new Date(Date.now() + clock.ahead)
  ;({ app } = await anApp(database.db, { secrets, now }))
  const waitsFor = 'nocard@example.test'
  const ours = await namedInRoutes(market, { org: 'acme-retail', owner: 'buyer', secrets, waitsFor })
  mine = ours
  theirs = await namedInRoutes(market, { org: 'initech', owner: 'threeds', secrets, waitsFor })
  audience = await anAudience(app, { market, secrets, project: ours.project })
})
afterAll(async () => {
  await app.close()
  await database.close()
})

async function sent(row: PageRow, who: Who, named: Named): Promise<Answered> {
  const { visitor } = audience[who]
  const { path, fields } = filled(row, named)
  if (row.method === 'POST') return visitor.post(path, { org: 'acme-retail', ...fields })
  return visitor.get(Object.keys(fields).length ? `${path}?${new URLSearchParams(fields).toString()}` : path)
}

const cellOf = ({ statusCode, headers }: Answered): string =>
  statusCode === 303 && String(headers.location).startsWith('/sign-in') ? 'in' : String(statusCode)

test('the matrix of pages has every page and form of the customer area', () => {
  const isOurs = (path: string) => /^\/(?:account|o|share|invites)(?:[/.]|$)/.test(path)
  const routes = (['GET', 'POST'] as const).flatMap((method) =>
    pathsOf(app, method)
      .filter(isOurs)
      .map((path) => `${method} ${path}`),
  )

  const rows = PAGES.map(({ route }) => route)
  const without = routes.filter((route) => !rows.includes(route))
  expect(without, 'routes without a row in test/support/page-matrix.ts').toEqual([])
  expect(rows.toSorted()).toEqual(routes.toSorted())
})

describe('an object of another org', () => {
  const naming = PAGES.flatMap((row) => objectsIn(row).map((name) => ({ route: row.route, name, row })))

  test.for(naming.filter(({ row }) => !BY_LINK.includes(row.route)))(
    '$route does not find the $name of another org, and answers as if it did not exist',
    async ({ row, name }) => {
      clock.ahead += 2_500
      const before = await counts()
      const absent = absentLike(theirs[name] ?? '')

      const foreign = await sent(row, 'owner', { ...mine, [name]: theirs[name] ?? '' })
      const missing = await sent(row, 'owner', { ...mine, [name]: absent })

      expect(shownIn(foreign, theirs[name] ?? '')).toEqual(shownIn(missing, absent))
      expect([foreign.statusCode, missing.statusCode]).toEqual(
        Array(2).fill(NOT_404[`${row.route} ${name}`] ?? 404),
      )
      expect(await counts()).toEqual(before)
    },
  )
})

describe('the matrix of pages', () => {
  const seen = new Set<string>()

  test.for(PAGES)('$route answers each column of the matrix with its status', async (row) => {
    clock.ahead += 2_500
    const cells: Record<string, string> = {}
    for (const who of AUDIENCE.toReversed()) {
      const answer = await sent(row, who, mine)
      cells[who] = cellOf(answer)
      if (row.method === 'POST') continue
      const shown = Object.keys(SEEN_BY).filter((name) => mainOf(answer).includes(mine[name] ?? '-'))
      const leaked = shown.filter((name) => !mayFind(who, name, row))
      expect([who, leaked], `objects on ${row.route} that ${who} may not know`).toEqual([who, []])
      for (const name of shown) seen.add(`${name} ${who}`)
      // about themselves people may do more
      const offered = offeredOn(mainOf(answer).replaceAll(audience[who].customer ?? '-', ''))
      const refused = offered.filter((each) => isRefused(who, each)).map(({ route }) => route)
      expect([who, refused], `what ${row.route} offers to ${who}, who is refused`).toEqual([who, []])
    }

    expect(cells).toEqual(row.gets)
  })

  test('everybody finds on some page what they may know, so the check of what pages show can fail', () => {
    const never = Object.entries(SEEN_BY).flatMap(([name, people]) =>
      people.map((who) => `${name} ${who}`).filter((each) => !seen.has(each)),
    )
    expect(never).toEqual([])
  })
})

/** Who may read the id of an object of acme-retail anywhere. The audit log and links show more to those who may read it. */
const SEEN_BY: Readonly<Record<string, readonly Who[]>> = {
  project: [...MEMBERS, 'guest_developer', 'guest_viewer'],
  empty: MEMBERS,
  free: MEMBERS,
  licence: [...MEMBERS, 'guest_developer', 'guest_viewer'],
  publicKey: ['owner', 'admin', 'developer', 'guest_developer'],
  order: ['owner', 'admin', 'developer', 'billing'],
  invoice: ['owner', 'admin', 'developer', 'billing'],
  card: ['owner', 'admin', 'billing'],
  invite: ['owner', 'admin'],
  share: ['owner', 'admin'],
  member: ['owner', 'admin'],
  integration: ['owner', 'admin', 'developer'],
  package: ['owner', 'admin', 'developer'],
  application: ['owner', 'admin', 'developer', 'billing'],
  // to the owner, who asked, the pages give its link
  waiting: ['admin'],
  connection: ['owner'],
  session: ['owner'],
}

/** A stranger has pages of their own org. Owners and admins do not find what the columns before them have ended. */
const isRefused = (who: Who, { gets }: PageRow) =>
  who !== 'stranger' && (gets[who] === '403' || (gets[who] === '404' && !['owner', 'admin'].includes(who)))

/** What somebody put into the address is no secret for them, and the audit log names everything. */
const mayFind = (who: Who, name: string, row: PageRow) =>
  SEEN_BY[name]?.includes(who) || objectsIn(row).includes(name) || row.path === '/account/audit'

/** A link is a secret of 256 bits, for one person: others are told so. */
const BY_LINK = [
  'GET /o/:link',
  'GET /o/:link/return',
  'POST /o/:link',
  'POST /o/:link/keys',
  'GET /share/:token',
  'POST /share/:token',
]

/** What else than 404 answers an absent object: the page or the form says beside its field that there is no such thing. */
const NOT_404: Readonly<Record<string, number>> = {
  // the same answer as for keys that were shown already
  'GET /account/projects/:project/new-keys/:operation operation': 410,
  // the page asks, and its form refuses
  'GET /account/licences/:licence/move project': 200,
  'GET /account/licences/:licence/deactivate project': 200,
  'GET /account/licences/:licence/renew project': 200,
  'GET /account/resolve project': 200,
  // a filter that nothing fits
  'GET /account/audit member': 200,
  'GET /account/audit connection': 200,
  'POST /account/licences/:licence/activate empty': 409,
  'POST /account/licences/:licence/move empty': 409,
  'POST /account/licences/:licence/deactivate empty': 409,
  'POST /account/licences/:licence/renew project': 303,
}

/** The objects that a row names, each once. */
function objectsIn({ path, names, sends }: PageRow): string[] {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => names[name] ?? name)
  const inFields = Object.values(sends).flatMap((value) =>
    [...value.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name),
  )
  return [...new Set([...inPath, ...inFields])].filter((name) => name !== 'terms')
}

/** A reference of the same form that does not exist. */
function absentLike(ref: string): string {
  const [, prefix, rest = ''] = /^([a-z]+)_[0-9A-Z]{26}(.*)$/.exec(ref) ?? []
  return prefix ? `${mintId(prefix, new Date(), Math.random)}${rest}` : randomBytes(32).toString('base64url')
}

const mainOf = ({ headers, body }: Answered): string =>
  String(headers['content-type']).startsWith('text/html') ? titleAndMainOf(body) : body

/** What a person reads, without tokens, and with NAME for the reference that was asked for. */
const shownIn = (answer: Answered, ref: string) =>
  mainOf(answer)
    .replaceAll(ref, 'NAME')
    .replaceAll(/name="(?:_csrf|key)" value="[^"]+"/g, '')
    .replaceAll(/req_[\w-]+/g, '')

/** How many rows a form could have added or ended. */
const counts = () =>
  database.db
    .selectNoFrom((select) => [
      select
        .selectFrom('project_tokens')
        .select((each) => each.fn.countAll().as('n'))
        .where('revoked_at', 'is', null)
        .as('tokens'),
      select
        .selectFrom('activations')
        .select((each) => each.fn.countAll().as('n'))
        .where('deactivated_at', 'is', null)
        .as('activations'),
      select
        .selectFrom('project_shares')
        .select((each) => each.fn.countAll().as('n'))
        .where('ended_at', 'is', null)
        .as('shares'),
      select
        .selectFrom('org_members')
        .select((each) => each.fn.countAll().as('n'))
        .as('members'),
      select
        .selectFrom('operations')
        .select((each) => each.fn.countAll().as('n'))
        .where('finished_at', 'is', null)
        .as('open'),
    ])
    .executeTakeFirst()
