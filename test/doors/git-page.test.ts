import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addMember } from '#domain/orgs'
import { mintId } from '#kernel/ids'
import { aGitApp, type GitApp } from '../support/a-git-app.ts'
import { aVisitor, titleAndMainOf } from '../support/a-visitor.ts'

const PAGE = '/account/git'

let doors: GitApp
beforeAll(async () => {
  doors = await aGitApp()
})
afterAll(() => doors.close())

const stateOf = (id: string) =>
  doors.db
    .selectFrom('git_integrations')
    .select(['disconnected_at', 'disconnected_by'])
    .where('id', '=', id as never)
    .executeTakeFirstOrThrow()

describe('the page of Git hosts', () => {
  test('an org without an integration is told what it is for, and can connect each configured host', async () => {
    const { statusCode, body } = await (await doors.signedIn('newvendor')).get(PAGE)

    expect(statusCode).toBe(200)
    expect(titleAndMainOf(body)).toContain('No Git host is connected')
    expect(titleAndMainOf(body)).toContain('GitHub (git.example)')
  })

  test('the page shows host, account, repositories, state, when and by whom', async () => {
    const id = await doors.connected()
    const { db } = doors
    const broken = await doors.connected()
    await db.updateTable('git_integrations').set({ broken_at: new Date() }).where('id', '=', broken).execute()

    const main = titleAndMainOf((await (await doors.signedIn('vendor')).get(PAGE)).body)

    expect(main).toContain('GitHub: git.example')
    expect(main).toMatch(/by Vera Vendor/)
    expect(main).toMatch(/Repositories<\/dt>\s*<dd>2</)
    expect(main).toContain('broken: the host refuses our access')
    expect(main).toContain('Connect again')
    expect(main).toContain(`href="${PAGE}/${id}/disconnect"`)
    for (const each of [id, broken]) await db.deleteFrom('git_integrations').where('id', '=', each).execute()
  })

  test('a person disconnects after a confirmation that says what stays', async () => {
    const id = await doors.connected()
    const visitor = await doors.signedIn('vendor')

    const confirm = await visitor.get(`${PAGE}/${id}/disconnect`)
    expect(titleAndMainOf(confirm.body)).toContain('What is published stays installable.')
    const { statusCode, headers } = await visitor.post(`${PAGE}/${id}/disconnect`, { org: 'northwind' })

    expect([statusCode, headers.location]).toEqual([303, `${PAGE}?saved=disconnected`])
    expect(await stateOf(id)).toEqual({
      disconnected_at: expect.any(Date),
      disconnected_by: doors.market.person('vendor'),
    })
    expect((await visitor.get(`${PAGE}?saved=disconnected`)).body).toContain('It is disconnected.')
    await visitor.get(PAGE)
    expect((await visitor.post(`${PAGE}/${id}/disconnect`, { org: 'northwind' })).statusCode).toBe(404)
  })

  test('a form without our token, of another site, or for a foreign org changes nothing', async () => {
    const id = await doors.connected()
    const [vera, bea] = [await doors.signedIn('vendor'), await doors.signedIn('buyer')]
    await vera.get(PAGE)
    await bea.get(PAGE)
    const url = `${PAGE}/${id}/disconnect`

    expect((await vera.post(url, { org: 'northwind', _csrf: undefined })).statusCode).toBe(403)
    expect((await vera.post(url, { org: 'northwind' }, { origin: 'https://evil.example' })).statusCode).toBe(
      403,
    )
    expect((await bea.post(url, { org: 'northwind' })).statusCode).toBe(404)
    expect((await bea.post(url, { org: 'acme-retail' })).statusCode).toBe(404)
    expect((await bea.get(url)).statusCode).toBe(404)
    expect((await aVisitor(doors.app).get(PAGE)).headers.location).toBe(
      `/sign-in?continue=${encodeURIComponent(PAGE)}`,
    )
    expect(await stateOf(id)).toMatchObject({ disconnected_at: null })
  })

  test('a developer sees the integrations and cannot change them, a viewer does not see them', async () => {
    const id = await doors.connected('acme-retail', 'buyer')
    const dev = await doors.signedIn('developer')
    await dev.get('/account')
    await dev.post('/account/active-org', { org: 'acme-retail' })
    const main = titleAndMainOf((await dev.get(PAGE)).body)

    expect(main).toContain('GitHub: git.example')
    expect(main).not.toContain('disconnect"')
    expect(main).toContain('An owner or admin of this org connects')
    expect((await dev.get(`${PAGE}/${id}/disconnect`)).statusCode).toBe(404)
    for (const url of [PAGE, `${PAGE}/${id}/disconnect`])
      expect((await dev.post(url, { org: 'acme-retail', host: 'git.example' })).statusCode).toBe(403)
    const viewer = await doors.signedIn('viewer')
    expect(titleAndMainOf((await viewer.get(PAGE)).body)).toContain('Nothing to see here')
    expect(await stateOf(id)).toMatchObject({ disconnected_at: null })
  })

  test('the refusal of a host that is not configured lists the known hosts', async () => {
    const visitor = await doors.signedIn('vendor')
    await visitor.get(PAGE)

    const { statusCode, body } = await visitor.post(PAGE, { org: 'northwind', host: 'evil.example' })

    expect([statusCode, body]).toEqual([422, expect.stringContaining('from git.example only')])
  })

  test('the page of a push hook shows its URL and secret to those who manage Git hosts, and each display is audited', async () => {
    const { db } = doors
    await doors.connected()
    const [of, org, at] = [
      doors.market.package('northwind/module-search'),
      doors.market.org('northwind'),
      new Date(),
    ]
    const id = mintId('hok', at, Math.random)
    const wanted = { hook: id, package: of, org, host: 'git.example', repository: '1', at }
    expect(await doors.git.installHook(wanted)).toMatchObject({ state: 'missing_permission' })
    const { secret = '', url = '' } = (await doors.git.hookOf(of)) ?? {}
    const page = `${PAGE}/hooks/${of}`
    await addMember(db, { org, customer: doors.market.person('developer'), role: 'developer', at })
    const [vera, bea, dev] = [
      await doors.signedIn('vendor'),
      await doors.signedIn('buyer'),
      await doors.signedIn('developer'),
    ]
    await dev.get('/account')
    await dev.post('/account/active-org', { org: 'northwind' })

    const main = titleAndMainOf((await vera.get(page)).body)
    expect([main.includes(secret), main.includes(url)]).toEqual([true, true])
    expect(main).toContain('we look for new tags every 15 minutes')
    const shown = await db
      .selectFrom('audit_events')
      .select('body')
      .where('chain', '=', `org:${org}`)
      .execute()
    const events = shown.map(({ body }) => JSON.parse(body) as { action: string; object?: string })
    expect(events.filter(({ action }) => action === 'show_hook_secret')).toMatchObject([{ object: id }])

    await db.updateTable('package_hooks').set({ host_hook_id: '1' }).where('id', '=', id).execute()
    expect(titleAndMainOf((await vera.get(page)).body)).toContain('there is nothing to do')
    const others = await Promise.all([
      bea.get(page),
      dev.get(page),
      vera.get(`${PAGE}/hooks/${id}`),
      aVisitor(doors.app).get(page),
    ])
    const statuses = others.map((answer) => answer.statusCode)
    expect(statuses).toEqual([404, 404, 404, 303])
  })
})
