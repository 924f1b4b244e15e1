import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Publication } from '#contracts/publish-package'
import { addMember } from '#domain/orgs'
import { addVendor } from '#domain/vendors'
import { mintId, type OperationId } from '#kernel/ids'
import { aMarket, type Market } from '../support/a-market.ts'
import { auditOf } from '../support/a-member.ts'
import { aSignedInVisitor, hiddenIn, mainOf, PACKAGES } from '../support/a-package-page.ts'
import { aRun } from '../support/a-run.ts'
import { titleAndMainOf, type Visitor } from '../support/a-visitor.ts'
import { aConnection } from '../support/mcp.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'

const PUBLISH = '/account/vendor/publish'
const ONE = 'https://git.example/contoso/module-one'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let app: FastifyInstance
/** Nils of the vendor contoso. A person may start 30 things a minute. */
let nils: Visitor
const clock = { ahead: 0 }
beforeAll(async () => {
  database = await aDatabase()
  market = await aMarket(database.db)
  ;({ app } = await anApp(database.db, { now: () => new Date(Date.now() + clock.ahead) }))
  nils = await signedIn('newvendor')
})
afterAll(async () => {
  await app.close()
  await database.close()
})

const signedIn = (name: string) => aSignedInVisitor(app, name)
const publications = () =>
  database.db
    .selectFrom('operations')
    .select(['id', 'link', 'input', 'idempotency_key', 'connection_id'])
    .where('story', '=', 'publish_package')
    .where('org_id', '=', market.org('contoso'))
    .orderBy('id')
    .execute()
const lastEvent = async () => (await auditOf(database.db, market.org('contoso'))).at(-1)

/** Opens the form and sends it. */
async function sends(visitor: Visitor, fields: Record<string, string>, org = 'contoso') {
  clock.ahead += 2_500
  const { key } = hiddenIn((await visitor.get(PUBLISH)).body)
  return visitor.post(PUBLISH, { org, key, ...fields })
}

/** A publication that a person began on the page. */
async function begun(repositories = ONE) {
  const { headers } = await sends(nils, { repositories })
  const row = (await publications()).at(-1)
  const id = row?.id ?? ('op_' as OperationId)
  expect(headers.location).toBe(`/o/${row?.link}`)
  return { visitor: nils, id, run: aRun(database.db, id), path: `/o/${row?.link}` }
}

describe('the form that publishes packages', () => {
  test('the form starts one publication, however often it is sent, and leads to the page of the operation', async () => {
    const visitor = nils
    const before = await publications()
    const { key } = hiddenIn((await visitor.get(PUBLISH)).body)
    const fields = {
      org: 'contoso',
      key,
      repositories: `${ONE}.git\n git@git.example:contoso/module-two.git `,
    }

    const answers = [await visitor.post(PUBLISH, fields), await visitor.post(PUBLISH, fields)]

    const [started, ...more] = (await publications()).slice(before.length)
    expect(more).toEqual([])
    expect(started?.input).toEqual({ repositories: [ONE, 'https://git.example/contoso/module-two'] })
    for (const { statusCode, headers } of answers)
      expect([statusCode, headers.location]).toEqual([303, `/o/${started?.link}`])
    expect(await lastEvent()).toMatchObject({
      action: 'start_operation',
      customer: market.person('newvendor'),
      operation: started?.id,
      request: expect.any(String),
    })
  })

  test('a form that is sent again with other repositories says so, and starts nothing until it is sent once more', async () => {
    const { visitor, path } = await begun()
    const before = await publications()
    const key = before.at(-1)?.idempotency_key

    const other = { org: 'contoso', key, repositories: 'https://git.example/contoso/module-other' }
    const refused = await visitor.post(PUBLISH, other)

    expect([refused.statusCode, titleAndMainOf(refused.body)]).toEqual([
      422,
      expect.stringContaining('already sent for other repositories'),
    ])
    expect(await publications()).toEqual(before)
    const again = await visitor.post(PUBLISH, { ...other, key: hiddenIn(refused.body).key })
    expect(again.statusCode).toBe(303)
    expect(again.headers.location).not.toBe(path)
  })

  test('a check is a request of its own with the same form', async () => {
    const visitor = nils
    const { key } = hiddenIn((await visitor.get(PUBLISH)).body)
    const fields = { org: 'contoso', key, repositories: ONE }

    await visitor.post(PUBLISH, { ...fields, check: 'yes' })
    await visitor.post(PUBLISH, fields)

    expect((await publications()).slice(-2).map(({ input }) => input)).toEqual([
      { repositories: [ONE], dry_run: true },
      { repositories: [ONE] },
    ])
  })

  const many = Array.from({ length: 21 }, (_, n) => `https://git.example/contoso/module-${n}`).join('\n')
  test.for([
    ['', 'Enter the URL of a repository.', 'invalid_input'],
    [many, 'at most 20 repositories at once; these are 21', 'invalid_input'],
    ['<b>nowhere</b>', 'That is not the URL of a Git repository', 'git_url_invalid'],
    ['https://me:secret@git.example/a/b', 'without a user, a password', 'git_url_invalid'],
    ['https://unknown.example/a/b', 'from git.example only', 'git_host_unknown'],
  ] as const)(
    'the form with the repositories %j is shown again with what was typed, and is audited with its reason',
    async ([repositories, says, code]) => {
      const visitor = nils
      const before = await publications()

      const { statusCode, body } = await sends(visitor, { repositories })

      expect([statusCode, titleAndMainOf(body)]).toEqual([422, expect.stringContaining(says)])
      const typed = repositories.replaceAll('<', '&#60;').replaceAll('>', '&#62;')
      expect(body).toContain(`\n${typed}</textarea>`)
      expect(await lastEvent()).toMatchObject({ outcome: 'refused', code })
      expect(await publications()).toEqual(before)
    },
  )

  test('URLs in the address, as the list of repositories sends them, are in the form and start nothing', async () => {
    const visitor = nils
    const before = await publications()
    const two = new URLSearchParams([
      ['repository', ONE],
      ['repository', '"><script>'],
    ])

    expect(await mainOf(visitor, `${PUBLISH}?repository=${encodeURIComponent(ONE)}`)).toContain(`\n${ONE}<`)
    expect(await mainOf(visitor, `${PUBLISH}?${two.toString()}`)).toContain(`\n${ONE}\n&#34;&#62;&#60;script`)
    expect(await publications()).toEqual(before)
  })

  test('an org with several approved vendors has to choose one, and one without says what to do first', async () => {
    const { db } = database
    const at = new Date()
    const vendor = { id: mintId('ven', at, Math.random), orgId: market.org('contoso'), name: 'Second', at }
    await addVendor(db, { ...vendor, slug: 'contoso-labs', approvedAt: at })
    const visitor = nils

    const unchosen = await sends(visitor, { repositories: ONE, vendor: '' })
    const chosen = await sends(visitor, { repositories: ONE, vendor: 'contoso-labs' })
    const foreign = await sends(visitor, { repositories: ONE, vendor: 'northwind' })
    await db.updateTable('vendors').set({ approved_at: null }).where('id', '=', vendor.id).execute()
    const unapproved = await sends(visitor, { repositories: ONE, vendor: 'contoso-labs' })
    await db.deleteFrom('publications').where('vendor_id', '=', vendor.id).execute()
    await db.deleteFrom('vendors').where('id', '=', vendor.id).execute()

    expect(titleAndMainOf(unchosen.body)).toContain('The org has several vendors')
    expect(chosen.statusCode).toBe(303)
    expect((await publications()).at(-1)?.input).toMatchObject({ vendor: 'contoso-labs' })
    expect([unchosen, foreign, unapproved].map(({ statusCode }) => statusCode)).toEqual([422, 404, 422])
    const [nobody, acme] = [await signedIn('nocard'), await signedIn('buyer')]
    expect(await mainOf(nobody, PUBLISH)).toContain('Become a vendor first')
    await acme.get(PUBLISH)
    expect((await acme.post(PUBLISH, { org: 'contoso', repositories: ONE })).statusCode).toBe(404)
  })

  test('a viewer sees no form and may not send one, and a developer may, but not without a token of our page', async () => {
    const { db } = database
    for (const [name, role] of [
      ['viewer', 'viewer'],
      ['developer', 'developer'],
    ] as const)
      await addMember(db, {
        org: market.org('contoso'),
        customer: market.person(name),
        role,
        at: new Date(),
      })
    const [viewer, developer] = [await signedIn('viewer'), await signedIn('developer')]
    for (const each of [viewer, developer]) {
      await each.get('/account')
      await each.post('/account/active-org', { org: 'contoso' })
    }
    const before = (await publications()).length

    expect(await mainOf(viewer, PUBLISH)).not.toContain('<textarea')
    expect((await sends(viewer, { repositories: ONE })).statusCode).toBe(403)
    expect(await lastEvent()).toMatchObject({ outcome: 'refused', code: 'not_allowed' })
    expect(
      (await developer.post(PUBLISH, { org: 'contoso', repositories: ONE, _csrf: undefined })).statusCode,
    ).toBe(403)
    expect(await publications()).toHaveLength(before)
    const { statusCode, headers } = await sends(developer, { repositories: ONE })
    expect(statusCode).toBe(303)
    expect((await developer.get(String(headers.location))).statusCode).toBe(200)
    expect((await viewer.get(String(headers.location))).statusCode).toBe(403)
  })

  test('the list of packages leads to the form', async () => {
    expect(await mainOf(await signedIn('vendor'), PACKAGES)).toContain(`href="${PUBLISH}"`)
    expect(await mainOf(nils, PACKAGES)).toContain(`href="${PUBLISH}"`)
  })
})

describe('the page of a publication', () => {
  const published = (more: Partial<Publication> = {}): Publication => ({
    repository: ONE,
    outcome: 'published',
    package_id: 'pkg_01',
    package: 'contoso/module-one',
    hook: 'installed',
    versions: [{ version: '1.1.0', warnings: 1 }, { version: '1.0.0' }],
    ...more,
  })
  const refused = (error: object): Publication => ({
    repository: 'https://git.example/contoso/module-two',
    outcome: 'refused',
    error: error as Publication['error'],
  })

  test('a running publication shows each repository as a step, refreshes, and can be stopped', async () => {
    const { visitor, run, path } = await begun(`${ONE} https://git.example/contoso/module-two`)
    for (const step of ['openPublications', 'reachRepository:line_1', 'reachRepository:line_2'])
      await run.step(step)
    const reaching = (await visitor.get(path)).body
    await run.step('readRepository:line_1')
    const reading = await visitor.get(path)
    await run.step('readRepository:line_2')
    const second = (await visitor.get(path)).body

    expect(reaching).toMatch(/step-current"[^]*We ask the Git host[^]*step-later"[^]*step-later"/)
    expect(reading.body).toContain('<meta http-equiv="refresh" content="3"')
    expect(reading.body).toMatch(
      /step-done"[^]*gives access[^]*step-current"[^]*module-one[^]*step-later"[^]*module-two/,
    )
    expect(second).toMatch(/step-done"[^]*module-one[^]*step-current"[^]*module-two/)
    const back = await visitor.post(/action="(\/account\/operations\/[^"]+)"/.exec(second)?.[1] ?? '', {
      continue: path,
    })
    expect([back.statusCode, back.headers.location]).toEqual([303, path])
  })

  test('a repository that was refused is shown as failed while the others go on', async () => {
    const { visitor, run, path } = await begun(`${ONE} https://git.example/contoso/module-two`)
    for (const step of ['reachRepository:line_1', 'reachRepository:line_2', 'readRepository:line_1'])
      await run.step(step)
    await database.db
      .updateTable('operation_steps')
      .set({ status: 'failed' })
      .where('operation_id', '=', run.id)
      .where('name', '=', 'readRepository:line_1')
      .execute()
    const early = (await visitor.get(path)).body
    await run.step('readRepository:line_2')

    expect(early).not.toContain('step-failed')
    expect((await visitor.get(path)).body).toMatch(
      /step-failed"[^]*module-one[^]*step-current"[^]*module-two/,
    )
  })

  test('a publication that waits leads to the Git host, and only those who may connect one', async () => {
    const { visitor, run, path } = await begun()
    await run.waits('git_consent')
    const waiting = titleAndMainOf((await visitor.get(path)).body)

    expect(waiting).toContain('You allow the access')
    expect(waiting).toMatch(/Go to the Git host/)
    const role = (wanted: 'owner' | 'developer') =>
      database.db
        .updateTable('org_members')
        .set({ role: wanted })
        .where('org_id', '=', market.org('contoso'))
        .where('customer_id', '=', market.person('newvendor'))
        .execute()
    await role('developer')
    expect([(await visitor.get(path)).statusCode, (await visitor.post(path)).statusCode]).toEqual([403, 403])
    await run.goesOn()
    expect((await visitor.get(path)).statusCode).toBe(200)
    await role('owner')
  })

  test('a published repository shows its package, versions, checks, skipped tags and hook', async () => {
    const { visitor, run, path } = await begun()
    const skipped = [{ tag: 'nightly\u202E<b>', reason: 'not_a_version_tag', message: 'It is no version.' }]
    const hook_page = 'https://market.example/account/git/hooks/pkg_01'
    const result = published({ skipped, more_skipped: 2, hook: 'missing_permission', hook_page })
    await run.completes({ repositories: [result] })

    const page = titleAndMainOf((await visitor.get(path)).body).replaceAll(/\s+/g, ' ')

    expect(page).toContain('The repository is published.')
    expect(page).toContain(`href="${PACKAGES}/pkg_01"`)
    expect(page).toContain('2 versions: <span class="mono">1.1.0, 1.0.0</span')
    expect(page).toContain('Checks warn about 1.1.0')
    expect(page).toContain('<span class="mono">nightly&#60;b&#62;</span>: It is no version.')
    expect(page).toContain('and 2 more')
    expect(page).toContain('href="/account/git/hooks/pkg_01"')
    expect(page).toContain('See your packages.')
    expect(page).not.toContain('refresh')
  })

  test('of two repositories, the refused one says why and what to do, and leads to the form', async () => {
    const { visitor, run, path } = await begun()
    const error = {
      code: 'name_not_in_namespace',
      message: 'The name does not begin with contoso/.',
      params: { vendor: 'contoso' },
    }
    await run.completes({ repositories: [published(), refused(error)] })

    const page = titleAndMainOf((await visitor.get(path)).body)

    expect(page).toContain('A part is published; 1 of 2 were refused.')
    expect(page).toContain('The name does not begin with contoso/.')
    expect(page).toContain('Name it contoso/… in composer.json')
    expect(page).not.toContain('assistant')
    const again = `${PUBLISH}?repository=${encodeURIComponent('https://git.example/contoso/module-two')}`
    expect(page).toContain(`href="${again}"`)
  })

  test('a check says that nothing is published yet, and leads to the form with the same repository and vendor', async () => {
    const { visitor, run, path } = await begun()
    const { package_id: _, hook: __, ...checked } = published({ outcome: 'would_be_published' })
    await run.completes({ repositories: [checked] })

    const page = titleAndMainOf((await visitor.get(path)).body)

    expect(page).toContain('This was a check: nothing is published yet.')
    expect(page).toContain(`${PUBLISH}?repository=${encodeURIComponent(ONE)}&#38;vendor=contoso`)
  })

  test.for([
    ['manifest_missing', 'push a new version tag'],
    ['no_version_tags', 'Push a tag such as v1.0.0'],
    ['git_wrong_account', 'connect the account that owns it'],
    ['access_was_not_granted', 'when you have the time'],
    ['operation_lost', 'Publish it again.'],
    ['repository_moved', 'by the address that it has now'],
  ])('a publication that failed with %s says what to do, and can be repeated', async ([code, says]) => {
    const { visitor, run, path } = await begun()
    await run.fails({ code: code ?? '', message: 'It was refused.' })

    const page = titleAndMainOf((await visitor.get(path)).body)

    expect(page).toContain('It was refused.')
    expect(page).toContain(says)
    expect(page).toContain(`href="${PUBLISH}?repository=${encodeURIComponent(ONE)}"`)
    expect(page).not.toMatch(/assistant|cart|charged/)
  })

  test('a stopped publication says that nothing was published', async () => {
    const { visitor, run, path } = await begun()
    await run.isCancelled()

    expect(titleAndMainOf((await visitor.get(path)).body)).toContain('It was stopped; nothing was published.')
  })
})

describe('the list of operations', () => {
  const OPERATIONS = '/account/operations'

  test('each operation has a page, also one of an assistant that never waited, and only its person opens it', async () => {
    const { run, id } = await begun()
    await run.completes({ repositories: [] })
    const of = { customer: market.person('newvendor'), activeOrg: market.org('contoso') }
    const { connection: connection_id } = await aConnection(database.db, of)
    await database.db.updateTable('operations').set({ connection_id }).where('id', '=', id).execute()
    const bea = await signedIn('buyer')

    const { statusCode, headers } = await nils.get(`${OPERATIONS}/${id}`)

    expect(statusCode).toBe(303)
    expect((await nils.get(String(headers.location))).statusCode).toBe(200)
    expect((await bea.get(`${OPERATIONS}/${id}`)).statusCode).toBe(404)
    expect((await bea.get(String(headers.location))).statusCode).toBe(403)
  })

  test('the list shows the own operations of the org with their state, in pages, and no other', async () => {
    const db = database.db
    const at = new Date()
    const rows = Array.from({ length: 31 }, () => mintId('op', at, Math.random)).map((id) => ({
      id,
      org_id: market.org('contoso'),
      story: 'sync_package',
      idempotency_key: randomUUID(),
      input: JSON.stringify({ package: 'contoso/module-old' }),
      input_hash: Buffer.alloc(32),
      asked_by: market.person('newvendor'),
      workflow_id: id,
      status: 'completed' as const,
      result: '{}',
      finished_at: at,
      created_at: at,
      updated_at: at,
    }))
    await db.insertInto('operations').values(rows).execute()
    await begun('https://git.example/contoso/module-newest')

    const first = await mainOf(nils, OPERATIONS)
    const older = /href="([^"]*before=[^"]*)"/.exec(first)?.[1] ?? ''

    expect(first).toMatch(/Publishing packages<\/a>\s*<span class="badge info">runs/)
    expect(first).toContain('git.example/contoso/module-newest')
    expect(first.match(/<li>/g)?.length).toBeLessThanOrEqual(32)
    expect(await mainOf(nils, older)).toContain('contoso/module-old')
    expect(await mainOf(await signedIn('vendor'), OPERATIONS)).not.toContain('contoso')
  })
})
