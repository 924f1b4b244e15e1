import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aMarket, type Market } from '../support/a-market.ts'
import { type Answered, aVisitor } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'
import { aConnection } from '../support/mcp.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let app: FastifyInstance
let clock = new Date()
let logged: () => Record<string, unknown>[]
const own: Record<string, string> = {}
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  ;({ app, logged } = await anApp(database.db, { now: () => clock }))
  const customer = market.person('vendor')
  const { connection } = await aConnection(database.db, { customer, activeOrg: market.org('northwind') })
  Object.assign(own, {
    '/account/integrations/:id': connection,
    '/account/vendor/packages/:package': market.package('northwind/module-search'),
    '/packages/:vendor': 'northwind',
  })
})
afterAll(async () => {
  await app.close()
  await database.close()
})

/** Every route, as `GET /sign-in`. */
function routes(): { method: 'GET' | 'POST'; path: string }[] {
  const parents: string[] = []
  return app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', segment = '', methods = ''] = /^([│ ]*)[├└]── (\S+) \((.*)\)$/.exec(line) ?? []
      parents.splice(indent.length / 4, Infinity, segment)
      const path = parents.join('')
      return (['GET', 'POST'] as const).flatMap((method) =>
        methods.split(', ').includes(method) ? [{ method, path }] : [],
      )
    })
    .filter(({ path }) => path.startsWith('/') && path !== '/sign-out' && !path.includes('sessions'))
}

/** The path with our own objects, and with `other` for each of its remaining parameters. */
function filled(path: string, other: string): string {
  const [prefix = '', id = ''] = Object.entries(own).find(([of]) => path.startsWith(of)) ?? []
  const begun = prefix ? prefix.replace(/:\w+$/, id) + path.slice(prefix.length) : path
  return begun.replaceAll(/:\w+/g, other).replace('*', other)
}

/** Every name that a query or a form of ours has. */
const NAMES =
  `org key slug name website terms host hooks days reason email password continue code scope profile
  replaces label returned saved from after before package zip leaf size to q page action outcome person connection
  since until again title summary visibility limit per_order per_day per_month vendors current revision user_code
  client_id redirect_uri response_type code_challenge state error setup_action token grant_type refresh_token login
  resource authorization_details prompt end_connections format id`.split(/\s+/)

const HOSTILE: Record<string, readonly string[]> = {
  'each field twice': ['a', 'b'],
  'a NUL in each field': ['a\0b'],
}

async function failuresOf(send: (route: ReturnType<typeof routes>[number]) => Promise<Answered>) {
  const failed: string[] = []
  for (const route of routes()) {
    // no limit of an earlier request refuses this one
    clock = new Date(clock.getTime() + 61_000)
    const { statusCode } = await send(route)
    if (statusCode >= 500 && statusCode !== 503) failed.push(`${route.method} ${route.path} ${statusCode}`)
  }
  return failed
}

describe('input that no browser sends', () => {
  test.for(Object.keys(HOSTILE))('no route answers 500 to %s', { timeout: 60_000 }, async (what) => {
    const visitor = aVisitor(app)
    await visitor.signIn('vendor')
    const values = HOSTILE[what] ?? []
    const query = NAMES.flatMap((name) => values.map((value) => `${name}=${encodeURIComponent(value)}`)).join(
      '&',
    )
    const fields = Object.fromEntries(NAMES.map((name) => [name, values]))

    const failed = await failuresOf(({ method, path }) =>
      method === 'GET'
        ? visitor.get(`${filled(path, 'x')}?${query}`)
        : visitor.post(filled(path, 'x'), fields),
    )

    expect(failed).toEqual([])
    expect(logged().filter(({ level }) => level === 'error')).toEqual([])
  })

  test('no route answers 500 to a NUL in its path', { timeout: 60_000 }, async () => {
    const visitor = aVisitor(app)
    await visitor.signIn('vendor')

    const failed = await failuresOf(({ method, path }) => {
      const url = filled(path, 'a%00b')
      return method === 'GET' ? visitor.get(url) : visitor.post(url, { org: 'northwind' })
    })

    expect(failed).toEqual([])
  })
})

describe('a NUL in a field', () => {
  test('a query or a form with a NUL gets 400, and a path with one gets 404', async () => {
    const visitor = aVisitor(app)
    await visitor.get('/sign-in')
    const sent = [
      await visitor.get('/?q=search%00'),
      await visitor.post('/sign-in', { email: 'buyer@example.test\0', password: 'sandbox-password' }),
      await visitor.get('/packages/northwind/module-search%00'),
    ]

    expect(sent.map(({ statusCode }) => statusCode)).toEqual([400, 400, 404])
    expect(sent[1]?.body).toContain('The request could not be read.')
  })
})

describe('too many requests', () => {
  test('the 601st page of a network in a minute gets 429 and says when to go on', async () => {
    const [url, remoteAddress] = ['/r/prj_x/', '192.0.2.77']
    const ask = () =>
      app.inject({ url, remoteAddress, headers: { host: 'market.example', accept: 'text/html' } })
    for (let n = 0; n < 600; n++) await ask()

    const refused = await ask()

    expect(refused.statusCode).toBe(429)
    expect(refused.headers['retry-after']).toBe('60')
    expect(refused.body).toContain('Try again in 60 seconds.')
    clock = new Date(clock.getTime() + 61_000)
    expect((await ask()).statusCode).toBe(404)
  })

  test('a person may start 30 things a minute, in all sessions together, and a refusal starts nothing', async () => {
    const visitors = [aVisitor(app), aVisitor(app)]
    const statuses: number[] = []
    for (const visitor of visitors) {
      await visitor.signIn('buyer')
      await visitor.get('/account/payment-methods')
      for (let n = 0; n < 16; n++)
        statuses.push((await visitor.post('/account/payment-methods', { org: 'acme-retail' })).statusCode)
    }
    const { started } = await database.db
      .selectFrom('operations')
      .select((of) => of.fn.countAll<number>().as('started'))
      .where('story', '=', 'start_add_payment_method')
      .where('asked_by', '=', market.person('buyer'))
      .executeTakeFirstOrThrow()

    expect(statuses.filter((status) => status === 429)).toHaveLength(2)
    expect(Number(started)).toBe(30)
  })
})
