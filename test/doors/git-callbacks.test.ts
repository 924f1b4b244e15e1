import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Git, noteGitWait } from '#domain/git'
import { reportStatus } from '#domain/operations'
import { mintId, type OperationId } from '#kernel/ids'
import { aGitHost, PUBLIC_URL, type TestGitHost } from '../support/a-git-host.ts'
import { aMarket, type Market } from '../support/a-market.ts'
import { aVisitor, type Visitor } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'
import { aGit } from '../support/git.ts'

const PATH = '/callbacks/git-host'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let gitlab: TestGitHost
let github: TestGitHost
let git: Git
let app: FastifyInstance
let logged: () => Record<string, unknown>[]
let vera: Visitor
beforeAll(async () => {
  ;[database, gitlab, github] = await Promise.all([
    aDatabase('market'),
    aGitHost('gitlab'),
    aGitHost('github'),
  ])
  market = await aMarket(database.db)
  git = aGit({ db: database.db, hosts: [gitlab.host, github.host], publicUrl: PUBLIC_URL })
  ;({ app, logged } = await anApp(database.db, { git }))
  vera = await signedIn('vendor')
})
afterAll(() => Promise.all([app.close(), gitlab.stop(), github.stop()]).then(() => database.close()))

async function signedIn(name: string): Promise<Visitor> {
  const visitor = aVisitor(app)
  await visitor.signIn(name)
  return visitor
}

/** An operation of northwind that waits for a consent, with its link. */
async function aWait(at: TestGitHost): Promise<{ id: OperationId; path: string }> {
  const { db } = database
  const id = mintId('op', Date.now(), Math.random)
  const now = new Date()
  await db
    .insertInto('operations')
    .values({
      id,
      org_id: market.org('northwind'),
      story: 'start_git_integration',
      idempotency_key: id,
      input: JSON.stringify({ host: at.host.host }),
      input_hash: Buffer.alloc(32),
      asked_by: market.person('vendor'),
      workflow_id: `start_git_integration/${id}`,
      created_at: now,
      updated_at: now,
    })
    .execute()
  await noteGitWait(db, { operation: id, host: at.host.host })
  const until = new Date(Date.now() + 3_600_000).toISOString()
  const waiting = { for: 'git_consent', until } as const
  const update = {
    operationId: id,
    revision: 1,
    status: 'waiting_for_you',
    waiting,
    at: now.toISOString(),
  } as const
  await reportStatus(db, update, PUBLIC_URL)
  const { link } = await db
    .selectFrom('operations')
    .select('link')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return { id, path: `/o/${link}` }
}

/** What the page behind the link leads to. */
async function consentPage(
  visitor: Visitor,
  path: string,
  fields: Record<string, string> = {},
): Promise<string> {
  await visitor.get(path)
  const { body } = await visitor.post(path, fields)
  const [, url = ''] = /class="button" href="([^"]+)"/.exec(body) ?? []
  return url.replaceAll('&#38;', '&')
}

const comeBack = async (at: TestGitHost, path: string, answer: 'allow' | 'deny' = 'allow') => {
  const back = await at.answers(await consentPage(vera, path), 'vera', answer)
  return `${back.pathname}${back.search}`
}
const connectedTo = async () => git.list(market.org('northwind'))

describe('the page to which a Git host sends a person back', () => {
  test('a person who consents goes on at the link of the operation, and the account is connected', async () => {
    const { path } = await aWait(gitlab)
    const page = await vera.get(path)
    expect(page.body).toContain('Let Northwind publish your repositories')
    expect(page.body).toContain('Create push hooks for me')

    const answer = await vera.get(await comeBack(gitlab, path))

    expect([answer.statusCode, answer.headers.location]).toEqual([303, `${path}/return`])
    expect(await connectedTo()).toMatchObject([{ account: 'vera', mayHook: false, state: 'connected' }])
  })

  test('the right to create hooks is asked for only when the person chose it', async () => {
    const { path } = await aWait(gitlab)
    const scopeOf = (url: string) => new URL(url).searchParams.get('scope')

    expect(scopeOf(await consentPage(vera, path))).toBe('read_api read_repository')
    expect(scopeOf(await consentPage(vera, path, { hooks: 'yes' }))).toBe('api read_repository')
    expect(scopeOf(await consentPage(vera, path, { hooks: 'no' }))).toBe('read_api read_repository')
    expect((await vera.get((await aWait(github)).path)).body).not.toContain('Create push hooks for me')
  })

  test('a visitor who is not signed in signs in first and comes back with the same answer', async () => {
    const { path } = await aWait(gitlab)
    const back = await comeBack(gitlab, path)

    const answer = await aVisitor(app).get(back)

    expect(answer.statusCode).toBe(303)
    expect(answer.headers.location).toBe(`/sign-in?continue=${encodeURIComponent(back)}`)
  })

  test.for<[string, number, string, string, (path: string) => Promise<{ visitor: Visitor; url: string }>]>([
    [
      'another person',
      403,
      'git_state_of_another_person',
      'Another person began this request.',
      async (path) => ({ visitor: await signedIn('buyer'), url: await comeBack(gitlab, path) }),
    ],
    [
      'a state that came back before',
      409,
      'git_state_used',
      'This answer of the Git host was used before.',
      async (path) => {
        const url = await comeBack(gitlab, path)
        await vera.get(url)
        return { visitor: vera, url }
      },
    ],
    [
      'an unknown state',
      400,
      'git_state_unknown',
      'belongs to no request of ours',
      async () => ({ visitor: vera, url: `${PATH}?state=${'x'.repeat(43)}&code=abc` }),
    ],
    [
      'no state',
      400,
      'git_state_unknown',
      'belongs to no request of ours',
      async () => ({ visitor: vera, url: `${PATH}?installation_id=1&setup_action=install` }),
    ],
    [
      'two states',
      400,
      'git_state_unknown',
      'belongs to no request of ours',
      async () => ({ visitor: vera, url: `${PATH}?state=a&state=b&code=abc` }),
    ],
    [
      'a refused consent',
      422,
      'git_consent_denied',
      'The access was refused at the Git host; nothing was connected.',
      async (path) => ({ visitor: vera, url: await comeBack(gitlab, path, 'deny') }),
    ],
    [
      'an invented code',
      422,
      'git_code_refused',
      'did not accept its own answer',
      async (path) => ({
        visitor: vera,
        url: (await comeBack(gitlab, path)).replace(/code=\w+/, 'code=made-up'),
      }),
    ],
  ])(
    '%s gets %i with its own page and code, and a next step',
    async ([, status, code, sentence, prepare]) => {
      const { path } = await aWait(gitlab)
      const before = await connectedTo()
      const { visitor, url } = await prepare(path)
      const [first] = [await visitor.get(url)]
      // an answer that was used shows the same page again
      const machine = await visitor.get(url, { accept: 'application/json' })

      expect(first.statusCode).toBe(status)
      expect(first.body).toContain(sentence)
      expect(first.body).toMatch(/href="\/account\/git"|Sign out/)
      const { error } = machine.json<{ error: { code: string; next_step: string } }>()
      expect([code, 'git_state_used']).toContain(error.code)
      expect(error.next_step.length).toBeGreaterThan(10)
      expect((await connectedTo()).length).toBe(before.length || (code === 'git_state_used' ? 1 : 0))
    },
  )

  test('a person of GitHub without an installation is shown where to choose repositories', async () => {
    const { path } = await aWait(github)
    const answer = await vera.get(await comeBack(github, path))

    expect(answer.statusCode).toBe(200)
    expect(answer.body).toContain('Choose the repositories')
    expect(answer.body).toContain(`${github.url}/apps/packagento/installations/new?state=`)
  })

  test('a host that does not answer gets 503, and no line of the log has a code, a state or a token', async () => {
    const { path } = await aWait(gitlab)
    const back = await comeBack(gitlab, path)
    await gitlab.sim('POST fault', { match: 'POST /oauth/token', answer: '500' })

    const answer = await vera.get(back)

    expect([answer.statusCode, answer.body]).toEqual([503, expect.stringContaining('nothing is lost')])
    const { searchParams } = new URL(back, PUBLIC_URL)
    const lines = JSON.stringify(logged())
    expect(lines.length).toBeGreaterThan(1_000)
    expect(lines).not.toContain(searchParams.get('state'))
    expect(lines).not.toContain(searchParams.get('code'))
    expect(lines).not.toMatch(/gloas-|glrt-|ghu_|ghs_|ghr_/)
  })
})
