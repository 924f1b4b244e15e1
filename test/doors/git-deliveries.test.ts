import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Git } from '#domain/git'
import { mintId } from '#kernel/ids'
import { aGitHost, PUBLIC_URL, type TestGitHost } from '../support/a-git-host.ts'
import { aMarket, type Market } from '../support/a-market.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'
import { aGit } from '../support/git.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let gitlab: TestGitHost
let git: Git
let app: FastifyInstance
beforeAll(async () => {
  ;[database, gitlab] = await Promise.all([aDatabase('market'), aGitHost('gitlab')])
  market = await aMarket(database.db)
  git = aGit({ db: database.db, hosts: [gitlab.host], publicUrl: PUBLIC_URL })
  ;({ app } = await anApp(database.db, { git }))
})
afterAll(() => Promise.all([app.close(), gitlab.stop()]).then(() => database.close()))

describe('the endpoint for deliveries', () => {
  const SECRET_BODY = Buffer.from('{"ref":"refs/tags/v1.0.0"}')

  async function aHook() {
    const org = market.org('northwind')
    const of = market.package('northwind/module-search')
    const hook = mintId('hok', Date.now(), Math.random)
    const at = new Date()
    await git.removeHook({ package: of, org, at })
    await git.installHook({ hook, package: of, org, host: gitlab.host.host, repository: '1', at })
    const { secret } = (await git.hookOf(of)) ?? { secret: '' }
    return { hook, secret }
  }
  const deliver = (hook: string, headers: Record<string, string>, payload: Buffer = SECRET_BODY) =>
    app.inject({
      method: 'POST',
      url: `/callbacks/git/${hook}`,
      headers: { host: 'market.example', 'content-type': 'application/json', ...headers },
      payload,
    })
  const signed = (secret: string) => ({
    'x-gitlab-event': 'Tag Push Hook',
    'x-gitlab-event-uuid': mintId('hok', Date.now(), Math.random),
    'x-gitlab-token': secret,
  })

  test('a signed delivery gets 202 within a second, and its tag is recorded', async () => {
    const { hook, secret } = await aHook()
    const since = performance.now()

    const answer = await deliver(hook, signed(secret))

    expect([answer.statusCode, answer.json()]).toEqual([202, { received: true }])
    expect(performance.now() - since).toBeLessThan(1_000)
    const events = await database.db
      .selectFrom('push_events')
      .select(['tag'])
      .where('hook_id', '=', hook)
      .execute()
    expect(events).toEqual([{ tag: 'refs/tags/v1.0.0' }])
  })

  test('a delivery with a wrong signature gets 401, one for an unknown or removed hook 404', async () => {
    const { hook, secret } = await aHook()
    const codes = async (answer: ReturnType<typeof deliver>) => {
      const { statusCode, body } = await answer
      return [statusCode, (JSON.parse(body) as { error: { code: string } }).error.code]
    }

    expect(await codes(deliver(hook, signed('whsec_other')))).toEqual([401, 'delivery_refused'])
    expect(await codes(deliver(hook, {}))).toEqual([401, 'delivery_refused'])
    for (const unknown of [mintId('hok', Date.now(), Math.random), 'x', `${hook}x`, hook.toLowerCase()])
      expect(await codes(deliver(unknown, signed(secret)))).toEqual([404, 'hook_not_found'])
    await aHook()
    expect(await codes(deliver(hook, signed(secret)))).toEqual([404, 'hook_not_found'])
  })

  test('a delivery of 5 MiB is read, and one byte more is refused', async () => {
    const { hook, secret } = await aHook()
    const large = Buffer.alloc(5 * 1024 * 1024, ' ')

    expect((await deliver(hook, signed(secret), large)).statusCode).toBe(202)
    expect(
      (await deliver(hook, signed(secret), Buffer.concat([large, large.subarray(0, 1)]))).statusCode,
    ).toBe(413)
  })

  test('a delivery for an unknown hook is refused before its body is read', async () => {
    const large = Buffer.alloc(20 * 1024 * 1024)

    expect((await deliver(mintId('hok', 0, Math.random), {}, large)).statusCode).toBe(404)
  })
})
