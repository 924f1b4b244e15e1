import { type CompiledQuery, sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listLicences } from '#domain/licensing'
import type { Db } from '#platform/database'
import { inTransaction } from '#platform/transactions'
import { aLicence, aProject } from '../support/a-market.ts'
import { aMarketApp, type MarketApp } from '../support/a-market-app.ts'
import { titleAndMainOf } from '../support/a-visitor.ts'
import { textOf } from '../support/text-of.ts'
import { writtenBy } from '../support/written-events.ts'

const LICENCES = '/account/licences'
const SEARCH = 'northwind/module-search'
const STOCK = 'northwind/module-stock'
const DAY = 86_400_000
const inDays = (days: number) => new Date(Date.now() + days * DAY)

let doors: MarketApp
beforeAll(async () => {
  doors = await aMarketApp()
})
afterAll(() => doors.close())

const shown = (body: string) =>
  [...body.matchAll(/class="mono" href="\/account\/licences\/(lic_\w+)"/g)].map(([, id]) => id)
const rowOf = (body: string, id: string) =>
  textOf(body.split('<li>').find((row) => row.includes(`licences/${id}"`)) ?? '')
const written = (run: () => Promise<unknown>) => writtenBy(doors.db, run)

test('the list of licences shows until when, the slots and the projects of each, and its filters find those that fit', async () => {
  const { id: project } = await aProject(doors.market, { name: 'Listed' })
  const used = await aLicence(doors.market, { package: SEARCH, project, slots: 3 })
  const free = await aLicence(doors.market, { package: STOCK, slots: 2, validUntil: inDays(200) })
  const late = await aLicence(doors.market, { package: STOCK, validUntil: inDays(50) })
  const soon = await aLicence(doors.market, { package: STOCK, validUntil: inDays(5) })
  const over = await aLicence(doors.market, { package: STOCK, validUntil: inDays(-1) })
  const bea = await doors.signedIn()

  const all = await bea.get(LICENCES)
  expect(shown(all.body)).toEqual(expect.arrayContaining([used, free, late, soon, over].map(({ id }) => id)))
  expect(rowOf(all.body, used.id)).toContain('1 of 3 slots used')
  expect(rowOf(all.body, used.id)).toContain('on Listed')
  expect(rowOf(all.body, free.id)).toContain('on no project')
  expect(rowOf(all.body, over.id)).toContain('ended')

  const only = async (query: string) => shown((await bea.get(`${LICENCES}?${query}`)).body)
  expect(await only('only=ending')).toEqual([soon.id, late.id])
  expect(await only('only=ended')).toEqual([over.id])
  expect(new Set(await only(`only=free&package=${STOCK}`))).toEqual(new Set([soon.id, late.id, free.id]))
  expect(await only(`package=${SEARCH}`)).toEqual([used.id])
  expect(textOf((await bea.get(`${LICENCES}?package=nothing/here`)).body)).toContain('No licence fits')

  const csv = await bea.get(`${LICENCES}/export.csv?only=ending`)
  expect(csv.headers['content-type']).toBe('text/csv; charset=utf-8')
  const [head, first, second, ...more] = csv.body.trimEnd().split('\r\n')
  expect(head).toBe('licence,package,edition,model,status,valid_from,valid_until,slots,free_slots,projects')
  expect([first?.split(',')[0], second?.split(',')[0], more]).toEqual([soon.id, late.id, []])
})

test('an org without licences reads what a licence is and how to get one', async () => {
  const tara = await doors.signedIn('threeds')

  expect(textOf((await tara.get(LICENCES)).body)).toContain('No licences yet')
  expect((await tara.get('/account')).body).toContain(`href="${LICENCES}"`)
})

test('a person assigns a licence, moves it and deactivates it, and each is audited as by the tools', async () => {
  const [{ id: from, slug: a }, { id: to, slug: b }] = [
    await aProject(doors.market, { name: 'From here' }),
    await aProject(doors.market, { name: 'To there' }),
  ]
  const { id } = await aLicence(doors.market, { package: SEARCH })
  const bea = await doors.signedIn()
  const page = `${LICENCES}/${id}`
  expect(textOf((await bea.get(page)).body)).toContain('It is active on no project.')
  const customer = doors.market.person('buyer')
  const done = (action: string) =>
    expect.objectContaining({ action, outcome: 'done', customer, object: id, request: expect.any(String) })

  const assigned = await written(() => bea.post(`${page}/activate`, { project: a }))
  expect(assigned).toEqual([done('activate_licence')])
  expect((await bea.get(`${page}?done=activated`)).body).toContain(`/account/projects/${from}`)
  expect(textOf((await bea.get(`${page}/move?from=${a}`)).body)).toContain(
    'The project From here can then no longer install the package or its updates.',
  )
  // by the id of the project, as by its slug: its name, and no move to itself
  const byId = (await bea.get(`${page}/move?from=${from}`)).body
  expect(textOf(byId)).toContain('The project From here can then no longer')
  expect(byId).not.toContain(`<option value="${a}"`)
  const moved = await written(() => bea.post(`${page}/move`, { from: a, to: b }))
  expect(moved).toEqual([done('move_activation')])
  expect((await bea.get(page)).body).toContain(`/account/projects/${to}`)
  expect(textOf((await bea.get(`${page}/deactivate?project=${b}`)).body)).toContain('Nothing is refunded.')
  const ended = await written(() => bea.post(`${page}/deactivate`, { project: b }))
  expect(ended).toEqual([done('deactivate_licence')])
  // sent again, it changes nothing
  expect(await written(() => bea.post(`${page}/deactivate`, { project: b }))).toEqual([])
})

test('a licence with a free slot has one primary button: it assigns the licence, or renews it without another project', async () => {
  const { id: project } = await aProject(doors.market, { org: 'initech', name: 'The first' })
  await doors.db
    .updateTable('projects')
    .set({ archived_at: new Date() })
    .where('org_id', '=', doors.market.org('initech'))
    .where('id', '!=', project)
    .execute()
  const until = { validUntil: inDays(20), slots: 2 }
  const { id } = await aLicence(doors.market, { org: 'initech', package: STOCK, project, ...until })
  const tara = await doors.signedIn('threeds')
  const primary = async () => {
    const { body } = await tara.get(`${LICENCES}/${id}`)
    const parts = titleAndMainOf(body).matchAll(/<(?:a|button)\s+class="(?:button)?"[^>]*>([^<]*)</g)
    return [...parts].map(([, text = '']) => text.trim())
  }

  const alone = await primary()
  await aProject(doors.market, { org: 'initech', name: 'The second' })

  expect([alone, await primary()]).toEqual([['Renew'], ['Assign']])
})

test('what cannot be assigned is refused on the page with what to do, and the refusal is audited', async () => {
  const { slug } = await aProject(doors.market, { name: 'Full' })
  const { slug: other, id: project } = await aProject(doors.market, { name: 'Has one' })
  const { id } = await aLicence(doors.market, { package: SEARCH, project })
  const bea = await doors.signedIn()

  const events = await written(async () => {
    const { statusCode, body } = await bea.post(`${LICENCES}/${id}/activate`, { project: slug })
    expect(statusCode).toBe(409)
    expect(textOf(body)).toContain('Move it from another project, or buy another licence.')
  })
  expect(events).toEqual([expect.objectContaining({ outcome: 'refused', code: 'licence_has_no_free_slot' })])
  const over = await aLicence(doors.market, { package: STOCK, validUntil: inDays(-1) })
  const ended = await bea.post(`${LICENCES}/${over.id}/activate`, { project: slug })
  expect(textOf(ended.body)).toContain('Renew it on a project that has it')
  const unknown = await bea.post(`${LICENCES}/${id}/move`, { from: other, to: 'nowhere' })
  expect(unknown.statusCode).toBe(409)
})

test.for([
  ['viewer', 200, 403],
  ['billing', 200, 403],
  ['developer', 200, 303],
  ['vendor', 404, 404],
] as const)('%s sees a licence with %i and assigns it with %i', async ([name, sees, assigns]) => {
  const { slug } = await aProject(doors.market, { name: `Of ${name}` })
  const { id } = await aLicence(doors.market, { package: SEARCH })
  const visitor = await doors.signedIn(name)

  expect((await visitor.get(`${LICENCES}/${id}`)).statusCode).toBe(sees)
  const { statusCode } = await visitor.post(`${LICENCES}/${id}/activate`, { project: slug })
  expect(statusCode).toBe(assigns)
  expect((await visitor.get(`${LICENCES}/${id}/renew?project=${slug}`)).statusCode).toBe(
    name === 'billing' ? 200 : name === 'vendor' ? 404 : 403,
  )
})

test('a licence that lasts for long, or is on no project, is not renewed, and the page says why', async () => {
  const { id: project, slug } = await aProject(doors.market, { name: 'Not yet' })
  const { id } = await aLicence(doors.market, { package: STOCK, project, validUntil: inDays(100) })
  const bea = await doors.signedIn()

  const { body } = await bea.get(`${LICENCES}/${id}/renew?project=${slug}`)
  expect(textOf(body)).toContain('It cannot be renewed now')
  expect(textOf(body)).toContain('You need to do nothing until then.')
  expect(rowOf((await bea.get(LICENCES)).body, id)).not.toContain('Renew')
})

test('with 10,000 licences the pages of the list read as few rows as with ten, also the last page', async () => {
  const { db } = doors
  const of = { org: 'globex', package: STOCK }
  const last = await aLicence(doors.market, { ...of, validUntil: inDays(10) })
  await inTransaction(db, async (tx) => {
    // the licences have no order items here
    await sql`set local session_replication_role = replica`.execute(tx)
    await sql`
      insert into licences (id, org_id, package_id, edition, model, order_item_id, status, valid_until, created_at, activated_at,
                            taken_slots)
      select 'lic_0' || code, ${doors.market.org('globex')}, ${doors.market.package(STOCK)}, 'open-source', 'yearly',
             'itm_0' || code, 'active', now() + interval '30 days' * case n % 99 when 0 then -1 else 1 end, now(), now(),
             case n % 98 when 0 then 0 else 1 end
        from generate_series(1, 10000) n, lateral (select substr(upper(md5(n::text)), 1, 25) as code) c`.execute(
      tx,
    )
  })
  await sql`analyze licences`.execute(db)
  const [org, at] = [doors.market.org('globex'), new Date()]
  const endingBefore = inDays(60)
  const { id } = (await listLicences(db, { org, limit: 9_900, at })).at(-1) ?? last

  for (const filter of [
    {},
    { after: { id, until: 'infinity' as const } },
    { packageName: STOCK },
    { packageName: STOCK, after: { id, until: 'infinity' as const } },
    { endingBefore },
    { endingBefore, after: { id: last.id, until: inDays(29) } },
    { withFreeSlot: true as const },
    { withFreeSlot: true as const, after: { id, until: inDays(29) } },
    { ended: true as const },
    { ended: true as const, after: { id, until: '-infinity' as const } },
  ]) {
    const plan = await planOf((explaining) => listLicences(explaining, { org, limit: 51, at, ...filter }))
    const most = Math.max(...[...plan.matchAll(/actual rows=([\d.]+)/g)].map(([, rows]) => Number(rows)))
    expect([filter, most <= 51, plan.match(/Seq Scan on licences|Rows Removed by Filter: \d{3}/)]).toEqual([
      filter,
      true,
      null,
    ])
  }
})

/** The plan of the last query that a read runs, with the rows that each of its steps returned. */
async function planOf(read: (db: Db) => Promise<unknown>): Promise<string> {
  const { db } = doors
  let plan = ''
  const explaining = new Proxy(db, {
    get(of, name) {
      if (name !== 'executeQuery') {
        const value: unknown = Reflect.get(of, name)
        return typeof value === 'function' ? (value.bind(of) as unknown) : value
      }
      return async (query: CompiledQuery) => {
        const text = `explain (analyze, costs off, timing off, buffers off) ${query.sql}`
        const { rows } = await db.executeQuery<Record<string, string>>({ ...query, sql: text })
        plan = rows.map((row) => row['QUERY PLAN']).join('\n')
        return db.executeQuery(query)
      }
    },
  })
  await read(explaining)
  return plan
}

test('a licence is offered to projects of its edition first, and says its edition beside the others', async () => {
  const of = (edition: 'open-source' | 'commerce') =>
    aProject(doors.market, { name: `A ${edition}`, edition })
  const [commerce, openSource] = [await of('commerce'), await of('open-source')]
  const { id } = await aLicence(doors.market, { package: SEARCH, slots: 1 })

  const { body } = await (await doors.signedIn()).get(`${LICENCES}/${id}`)

  expect(body.indexOf(`value="${openSource.slug}"`)).toBeLessThan(body.indexOf(`value="${commerce.slug}"`))
  expect(textOf(body)).toContain('The licence is for Magento Open Source.')
})
