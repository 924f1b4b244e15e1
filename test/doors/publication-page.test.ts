import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Publication, publishPackage } from '#contracts/publish-package'
import { operationsOn } from '#domain/operations'
import { mintId } from '#kernel/ids'
import { mainOf, PACKAGES } from '../support/a-package-page.ts'
import { aPublishingApp, ONE, PUBLISH, type PublishingApp } from '../support/a-publishing-app.ts'
import { aRun } from '../support/a-run.ts'
import { titleAndMainOf } from '../support/a-visitor.ts'
import { aConnection } from '../support/mcp.ts'
import { noTemporal } from '../support/no-temporal.ts'

let at: PublishingApp
beforeAll(async () => {
  at = await aPublishingApp()
})
afterAll(() => at.close())

const published = (more: Partial<Publication> = {}): Publication => ({
  repository: ONE,
  outcome: 'published',
  package_id: 'pkg_01',
  package: 'contoso/module-one',
  hook: 'installed',
  versions: [{ version: '1.1.0', warnings: 1 }, { version: '1.0.0' }],
  ...more,
})

describe('the page of a publication', () => {
  const refused = (error: object): Publication => ({
    repository: 'https://git.example/contoso/module-two',
    outcome: 'refused',
    error: error as Publication['error'],
  })

  test('a running publication shows each repository as a step, refreshes, and can be stopped', async () => {
    const { visitor, run, path } = await at.begun(`${ONE} https://git.example/contoso/module-two`)
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

  test('a repository that was refused, or to which nobody gave access, is shown as failed while the others go on', async () => {
    const others = 'https://git.example/contoso/module-two https://git.example/contoso/module-three'
    const { visitor, run, path } = await at.begun(`${ONE} ${others}`)
    for (const line of [1, 2, 3]) await run.step(`reachRepository:line_${line}`)
    await run.step('lookForAccess:line_2')
    await run.step('readRepository:line_1')
    await at.db
      .updateTable('operation_steps')
      .set({ status: 'failed' })
      .where('operation_id', '=', run.id)
      .where('name', '=', 'readRepository:line_1')
      .execute()
    const early = (await visitor.get(path)).body
    // the workflow goes on to the third without a step for the second
    await run.step('readRepository:line_3')

    expect(early).not.toContain('step-failed')
    expect((await visitor.get(path)).body).toMatch(
      /step-failed"[^]*module-one[^]*step-failed"[^]*module-two[^]*step-current"[^]*module-three/,
    )
  })

  test('a publication of many versions says which of their checks it shows', async () => {
    const versions = [{ version: '1.1.0' }]
    const pageOf = async (more: Partial<Publication>) => {
      const { visitor, run, path } = await at.begun()
      await run.completes({ repositories: [published({ versions, ...more })] })
      return titleAndMainOf((await visitor.get(path)).body)
    }

    expect(await pageOf({})).toContain('All checks pass.')
    const many =
      'All checks of the versions named here pass. The page of the package shows the checks of the others.'
    expect(await pageOf({ more_versions: 3 })).toContain(many)
  })

  test('a publication that waits leads to the Git host, and only those who may connect one', async () => {
    const { visitor, run, path } = await at.begun()
    await run.waits('git_consent')
    const waiting = titleAndMainOf((await visitor.get(path)).body)

    expect(waiting).toContain('You allow the access')
    expect(waiting).toMatch(/Go to the Git host/)
    const role = (wanted: 'owner' | 'developer') =>
      at.db
        .updateTable('org_members')
        .set({ role: wanted })
        .where('org_id', '=', at.market.org('contoso'))
        .where('customer_id', '=', at.market.person('newvendor'))
        .execute()
    await role('developer')
    expect([(await visitor.get(path)).statusCode, (await visitor.post(path)).statusCode]).toEqual([403, 403])
    await run.goesOn()
    expect((await visitor.get(path)).statusCode).toBe(200)
    await role('owner')
  })

  test('a published repository shows its package, versions, checks, skipped tags and hook', async () => {
    const { visitor, run, path } = await at.begun()
    const skipped = [{ tag: 'nightly\u202E<b>', reason: 'not_a_version_tag', message: 'It is no version.' }]
    const hook_page = 'https://at.market.example/account/git/hooks/pkg_01'
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
    const { visitor, run, path } = await at.begun()
    const error = {
      code: 'name_not_in_namespace',
      message: 'The name does not begin with contoso/.',
      params: { vendor: 'contoso' },
    }
    await run.completes({ repositories: [published(), refused(error)] })

    const page = titleAndMainOf((await visitor.get(path)).body)

    expect(page).toContain('A part is published; 1 of 2 was refused.')
    expect(page).toContain('The name does not begin with contoso/.')
    expect(page).toContain('Name it contoso/… in composer.json')
    expect(page).not.toContain('assistant')
    const again = `${PUBLISH}?repository=${encodeURIComponent('https://git.example/contoso/module-two')}`
    expect(page).toContain(`href="${again}"`)
  })

  test('a check says that nothing is published yet, and leads to the form with the same repository and vendor', async () => {
    const { visitor, run, path } = await at.begun()
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
    ['access_was_not_granted', 'when the page asks for it'],
    ['operation_lost', 'Publish it again.'],
    ['repository_moved', 'by the address that it has now'],
  ])('a publication that failed with %s says what to do, and can be repeated', async ([code, says]) => {
    const { visitor, run, path } = await at.begun()
    await run.fails({ code: code ?? '', message: 'It was refused.' })

    const page = titleAndMainOf((await visitor.get(path)).body)

    expect(page).toContain('It was refused.')
    expect(page).toContain(says)
    expect(page).toContain(`href="${PUBLISH}?repository=${encodeURIComponent(ONE)}"`)
    expect(page).not.toMatch(/assistant|cart|charged/)
  })

  test('a stopped publication says that nothing was published', async () => {
    const { visitor, run, path } = await at.begun()
    await run.isCancelled()

    expect(titleAndMainOf((await visitor.get(path)).body)).toContain('It was stopped; nothing was published.')
  })
})

describe('the list of operations', () => {
  const OPERATIONS = '/account/operations'

  test('each operation has a page, also one of an assistant that never waited, and only its person opens it', async () => {
    const { db } = at
    const of = { customer: at.market.person('newvendor'), activeOrg: at.market.org('contoso') }
    const { connection } = await aConnection(db, of)
    const { operation } = await operationsOn({ db, ...noTemporal }).startOrJoin(publishPackage, {
      key: randomUUID(),
      caller: { ...at.market.caller('newvendor'), connection },
      org: await at.market.access('newvendor', 'contoso'),
      input: { repositories: [ONE] },
      at: new Date(),
    })
    const { id } = operation
    await aRun(db, id).completes({ repositories: [published()] })
    const bea = await at.signedIn('buyer')

    const { statusCode, headers } = await at.nils.get(`${OPERATIONS}/${id}`)

    expect(statusCode).toBe(303)
    const page = titleAndMainOf((await at.nils.get(String(headers.location))).body)
    expect(page).toContain('The repository is published.')
    expect(page).toContain('Go back to your assistant')
    expect((await bea.get(`${OPERATIONS}/${id}`)).statusCode).toBe(404)
    expect((await bea.get(String(headers.location))).statusCode).toBe(403)
  })

  test('the list shows a person only their own operations in the org, with their state, in pages', async () => {
    const db = at.db
    const now = new Date()
    const rows = Array.from({ length: 31 }, () => mintId('op', now, Math.random)).map((id) => ({
      id,
      org_id: at.market.org('contoso'),
      story: 'sync_package',
      idempotency_key: randomUUID(),
      input: JSON.stringify({ package: 'contoso/module-old' }),
      input_hash: Buffer.alloc(32),
      asked_by: at.market.person('newvendor'),
      workflow_id: id,
      status: 'completed' as const,
      result: '{}',
      finished_at: now,
      created_at: now,
      updated_at: now,
    }))
    await db.insertInto('operations').values(rows).execute()
    await at.begun('https://git.example/contoso/module-newest')

    const first = await mainOf(at.nils, OPERATIONS)
    const older = /href="([^"]*before=[^"]*)"/.exec(first)?.[1] ?? ''

    expect(first).toMatch(/Publishing packages<\/a>\s*<span class="badge info">runs/)
    expect(first).toContain('git.example/contoso/module-newest')
    expect(first.match(/<li>/g)?.length).toBeLessThanOrEqual(32)
    expect(await mainOf(at.nils, older)).toContain('contoso/module-old')
    expect(await mainOf(await at.signedIn('vendor'), OPERATIONS)).not.toContain('contoso')
  })
})
