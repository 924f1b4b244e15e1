import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DomainError, type RefusalKind } from '#kernel/errors'
import { openDatabase } from '#platform/database'
import { anApp } from '../support/an-app.ts'

const SECRET = 'the row (7, hunter2) violates a check'

const database = openDatabase('postgres://nobody@127.0.0.1:1/nothing')
let app: FastifyInstance
let logged: () => Record<string, unknown>[]
beforeAll(async () => {
  ;({ app, logged } = await anApp(database.db))
  app.get<{ Params: { kind: RefusalKind } }>('/refuses/:kind', ({ params }) => {
    throw new DomainError(params.kind, 'edition_not_sold', 'There is no <thing>.', {
      params: { sold: ['<others>'] },
    })
  })
  app.get('/fails', () => {
    throw new Error(SECRET)
  })
  app.get('/refuses-oddly', () => {
    throw new DomainError('conflict', 'made_up', 'It is made up.')
  })
  app.post('/takes-json', async () => 'taken')
})
afterAll(async () => {
  await app.close()
  await database.close()
})

const host = 'market.example'
const asProgram = (url: string) => app.inject({ url, headers: { host } })
const asBrowser = (url: string) => app.inject({ url, headers: { host, accept: 'text/html,*/*;q=0.8' } })
const errorLines = (request: unknown) =>
  logged().filter((line) => line['request'] === request && Number(line['level']) >= 50)

describe('a refusal', () => {
  test.for([
    ['invalid', 400],
    ['unauthenticated', 401],
    ['not_allowed', 403],
    ['not_found', 404],
    ['conflict', 409],
    ['refused', 422],
    ['rate_limited', 429],
    ['unavailable', 503],
  ] as const)(
    'a refusal of kind %s is answered with %i and its own message, and is not logged as an error',
    async ([kind, status]) => {
      const answer = await asProgram(`/refuses/${kind}`)

      const request_id = answer.headers['x-request-id']
      expect(answer.statusCode).toBe(status)
      expect(answer.json()).toEqual({
        error: {
          code: 'edition_not_sold',
          message: 'There is no <thing>.',
          next_step: 'It is sold for: <others>.',
          request_id,
        },
      })
      expect(errorLines(request_id)).toEqual([])
    },
  )

  test('a refusal of kind internal is answered with 500, and is logged as an error', async () => {
    const answer = await asProgram('/refuses/internal')

    expect([answer.statusCode, answer.json().error.code]).toEqual([500, 'edition_not_sold'])
    expect(errorLines(answer.headers['x-request-id'])).toHaveLength(1)
  })

  test('a browser gets a refusal as a page that shows the message as text', async () => {
    const { statusCode, headers, body } = await asBrowser('/refuses/conflict')

    expect(statusCode).toBe(409)
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(body).toContain('<h1>There is no &#60;thing&#62;.</h1>')
    expect(body).toContain('It is sold for: &#60;others&#62;.')
    expect(body).toContain(`Request ${String(headers['x-request-id'])}`)
  })
})

describe('a bug', () => {
  test('a bug is answered with 500 and the request id, without details', async () => {
    const answer = await asProgram('/fails')

    const request_id = answer.headers['x-request-id']
    expect(answer.statusCode).toBe(500)
    expect(answer.json()).toEqual({
      error: {
        code: 'internal_error',
        message: 'Something went wrong on our side.',
        next_step: `Try again. If it fails again, report ${String(request_id)}.`,
        request_id,
      },
    })
  })

  test('a browser gets a page without details when there is a bug', async () => {
    const { statusCode, headers, body } = await asBrowser('/fails')

    expect(statusCode).toBe(500)
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    expect(body).toContain('Something went wrong on our side.')
    expect(body).not.toMatch(/hunter2|\.ts:|at Object|node_modules/)
  })

  test('a bug is logged once, with its stack and the request id of the response', async () => {
    const { headers } = await asProgram('/fails')

    expect(errorLines(headers['x-request-id'])).toEqual([
      expect.objectContaining({
        level: 50,
        err: expect.objectContaining({ message: SECRET, stack: expect.stringContaining('errors.test') }),
      }),
    ])
  })
})

test('a refusal without a next step at this door is a bug: it is logged and its message is not sent', async () => {
  const answer = await asProgram('/refuses-oddly')

  expect(answer.statusCode).toBe(500)
  expect(answer.json()).toMatchObject({ error: { code: 'internal_error' } })
  expect(answer.body).not.toContain('made')
  expect(errorLines(answer.headers['x-request-id'])).toHaveLength(1)
})

describe('a page while the database is unreachable', () => {
  test.for(['/', '/packages/northwind/module-search'])(
    'the page %s is answered with 503 and no details while the database is unreachable',
    async (url) => {
      for (const answer of [await asBrowser(url), await asProgram(url)]) {
        expect(answer.statusCode).toBe(503)
        expect(answer.body).toContain('The shop cannot answer right now.')
        expect(answer.body).toContain('Try again in a minute.')
        const lines = logged().filter((line) => line['request'] === answer.headers['x-request-id'])
        expect(lines.map(({ level }) => level)).toEqual([40, 30])
        expect(answer.body).not.toMatch(/ECONNREFUSED|127\.0\.0\.1|\.ts:/)
      }
    },
  )
})

describe('a request that cannot be read', () => {
  test('a request body that cannot be parsed is answered with 400 and our own message', async () => {
    const headers = { 'content-type': 'application/json' }
    const answer = await app.inject({ method: 'POST', url: '/takes-json', headers, payload: '{"a":' })

    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({
      error: { code: 'bad_request', next_step: 'Correct it and try again.' },
    })
    expect(errorLines(answer.headers['x-request-id'])).toEqual([])
  })

  test.for(['/%zz', '/packages/northwind/%c0%ae'])(
    'the response to the malformed URL %s shows no stack trace',
    async (url) => {
      const { statusCode, body } = await asBrowser(url)

      expect(statusCode).toBe(400)
      expect(body).not.toMatch(/\.ts:|\.js:|at Object/)
    },
  )
})

test('a program gets the code temporarily_unavailable while the database is unreachable', async () => {
  expect((await asProgram('/')).json()).toMatchObject({ error: { code: 'temporarily_unavailable' } })
})

describe('a URL that cannot be read', () => {
  test.for(['/%zz', '/mcp/%ff', '/packages/northwind/%ff'])(
    'the unreadable URL %s is answered with 400 and the message of the shop',
    async (url) => {
      const program = await asProgram(url)
      const browser = await asBrowser(url)

      const request_id = program.headers['x-request-id']
      expect(program.statusCode).toBe(400)
      expect(program.json()).toMatchObject({ error: { code: 'bad_request', request_id } })
      expect(request_id).toMatch(/^req_/)
      expect(browser.headers['content-type']).toBe('text/html; charset=utf-8')
      expect(browser.body).toContain('The request could not be read.')
      expect(logged().filter((line) => line['request'] === request_id)).toMatchObject([
        { level: 30, method: 'GET', status: 400, msg: 'answered' },
      ])
    },
  )

  test.for(['/r/prj_x/p2/northwind/%ff.json', '/dist/%ff', '/composer/%ff'])(
    'the unreadable URL %s of the Composer door is answered with a warning that Composer prints',
    async (url) => {
      const { statusCode, headers, json } = await asBrowser(url)

      expect([statusCode, headers['content-type']]).toEqual([400, 'application/json'])
      expect(headers['x-request-id']).toMatch(/^req_/)
      expect(json()).toEqual({ warning: 'This request is not one that Composer makes.' })
    },
  )
})

describe('a path without a route', () => {
  test.for(['/nothing/here', '/packages', '/.env', '/%2e%2e/%2e%2e/etc/passwd', '/nothing?<script>=1'])(
    'the path %s is not found and is not repeated in the response',
    async (url) => {
      const { statusCode, body } = await asBrowser(url)

      expect(statusCode).toBe(404)
      expect(body).toContain('There is nothing here')
      expect(body).not.toMatch(/nothing\/here|passwd|<script/)
    },
  )
})

describe('the request log', () => {
  test('each response is logged as one line that names the route and never the query', async () => {
    const { headers } = await asProgram('/refuses/conflict?code=hunter2')

    const request = headers['x-request-id']
    expect(logged().filter((line) => line['request'] === request)).toEqual([
      expect.objectContaining({
        level: 30,
        method: 'GET',
        route: '/refuses/:kind',
        status: 409,
        msg: 'answered',
      }),
    ])
    expect(JSON.stringify(logged())).not.toContain('code=hunter2')
  })
})

test('a connection that the server cannot accept is logged, and the process goes on', async () => {
  app.server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }))

  expect(logged().at(-1)).toMatchObject({ level: 50, msg: 'the server could not accept a connection' })
  expect((await app.inject('/healthz')).statusCode).toBe(200)
})
