import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { aLicence, aProject, aProjectToken, type TestProject } from '../support/a-market.ts'
import { aMarketApp, type MarketApp } from '../support/a-market-app.ts'
import type { Answered, Visitor } from '../support/a-visitor.ts'
import { projectOpenedBy, shownKeys } from '../support/shown-keys.ts'
import { writtenBy } from '../support/written-events.ts'

let doors: MarketApp
let buyer: Visitor
let vendor: Visitor
beforeAll(async () => {
  doors = await aMarketApp()
  buyer = await doors.signedIn('buyer')
  vendor = await doors.signedIn('vendor')
})
afterAll(() => doors.close())

let project: TestProject
let page: string
beforeEach(async () => {
  project = await aProject(doors.market)
  page = `/account/projects/${project.id}`
  await buyer.get(page)
})

const to = ({ statusCode, headers }: Answered) => [statusCode, headers['location']]

describe('the list of projects', () => {
  test('projects are found by name, in pages, and the archived ones apart', async () => {
    const name = `Zebra ${project.id.slice(-6)}`
    await buyer.get('/account/projects/new')
    const made = await buyer.post('/account/projects/new', {
      org: 'acme-retail',
      name,
      edition: 'open-source',
      key: `key-${name}`,
    })
    const found = await buyer.get(`/account/projects?q=${encodeURIComponent(name.toUpperCase())}`)
    const none = await buyer.get('/account/projects?q=%25_%25')
    const archived = await buyer.get('/account/projects?show=archived&q=zebra')

    expect(made.statusCode).toBe(303)
    expect(found.body).toContain(name)
    expect(found.body).not.toContain(project.slug)
    expect(none.body).toContain('No project has “%_%”')
    expect(archived.body).toContain('No archived project has “zebra”')
  })

  test('an org without projects says what a project is and offers the first one', async () => {
    const { body } = await vendor.get('/account/projects')

    expect(body).toContain('No project yet')
    // one button, not a second one beside the title
    expect(body.match(/href="\/account\/projects\/new"/g)).toHaveLength(1)
  })
})

describe('a new project by its form', () => {
  test('the form makes a project once and shows its keys, which install; sent twice it makes one', async () => {
    await buyer.get('/account/projects/new')
    const name = `Form ${project.id.slice(-6)}`
    const sent = {
      org: 'acme-retail',
      name,
      edition: 'commerce',
      domain: 'Shop.Example',
      key: `key-${project.id}`,
    }

    const first = await buyer.post('/account/projects/new', sent)
    const again = await buyer.post('/account/projects/new', sent)
    const shown = await buyer.get(String(first.headers['location']))

    expect(to(again)).toEqual(to(first))
    expect(await projectOpenedBy(doors.db, shownKeys(shown.body))).toBe(
      String(first.headers['location']).split('/')[3],
    )
  })

  test.for([
    [{ name: '' }, 'A name has 1 to 100 characters.'],
    [{ name: 'Аcme live' }, 'letters of two alphabets'],
    [{ name: 'Ok', edition: 'php' }, 'Choose an edition.'],
    [{ name: 'Ok', domain: 'no host' }, 'A domain is a host name'],
  ] as const)(
    'a form with %o is shown again with the mistake, and what was typed',
    async ([wrong, message]) => {
      await buyer.get('/account/projects/new')
      const answer = await buyer.post('/account/projects/new', {
        org: 'acme-retail',
        edition: 'commerce',
        ...wrong,
      })

      expect(answer.statusCode).toBe(422)
      expect(answer.body).toContain(message)
    },
  )

  test('a name in use is refused, and can be forced', async () => {
    await buyer.get('/account/projects/new')
    const sent = { org: 'acme-retail', name: 'A shop', edition: 'open-source' }
    const refused = await buyer.post('/account/projects/new', sent)
    const forced = await buyer.post('/account/projects/new', { ...sent, force_another: 'yes' })

    expect([refused.statusCode, forced.statusCode]).toEqual([422, 303])
    expect(refused.body).toContain('Make another project with this name')
  })
})

describe('changing and archiving a project', () => {
  test('the settings change name, edition and domain, and keep the slug', async () => {
    const saved = await buyer.post(`${page}/settings`, {
      name: 'New name',
      edition: 'commerce',
      domain: 'new.example',
    })
    const { body } = await buyer.get(page)

    expect(to(saved)).toEqual([303, `${page}?saved=details`])
    for (const text of ['New name', 'Adobe Commerce', 'new.example', project.slug])
      expect(body).toContain(text)
  })

  test('a stored name that mixes alphabets does not block the other settings, and no name is changed to one', async () => {
    const name = `Аcme ${project.id.slice(-6)}`
    await doors.db.updateTable('projects').set({ name }).where('id', '=', project.id).execute()
    const form = `${page}/settings`
    const saved = await buyer.post(form, { name, edition: 'commerce', domain: 'new.example' })
    const refused = await buyer.post(form, { name: `${name} А1b`, edition: 'commerce' })
    const tooLong = await buyer.post(form, { name: `Аb${'x'.repeat(100)}`, edition: 'commerce' })

    expect(to(saved)).toEqual([303, `${page}?saved=details`])
    expect((await buyer.get(page)).body).toContain('new.example')
    expect([refused.statusCode, tooLong.statusCode]).toEqual([422, 422])
    expect(refused.body).toContain('letters of two alphabets')
    expect(tooLong.body).toContain('A name has 1 to 100 characters.')
  })

  test('archiving wants the slug, keeps the licences, and can be taken back', async () => {
    await aLicence(doors.market, { package: 'northwind/module-search', project: project.id })
    const asked = await buyer.get(`${page}/archive`)
    const wrong = await buyer.post(`${page}/archive`, { confirm: 'x' })
    const events = await writtenBy(doors.db, async () => {
      await buyer.post(`${page}/archive`, { confirm: project.slug })
      await buyer.post(`${page}/archive`, { confirm: project.slug })
    })
    const archived = await buyer.get(page)
    await buyer.post(`${page}/unarchive`)
    const back = await buyer.get(page)

    expect(asked.body).toContain('northwind/module-search')
    expect([wrong.statusCode, events.map(({ action }) => action)]).toEqual([422, ['archive_project']])
    expect(archived.body).toContain('This project is archived')
    expect(back.body).not.toContain('This project is archived')
    expect(back.body).toContain('northwind/module-search')
  })
})

describe('the audit log of a project', () => {
  test('each form of a project writes its event, with the person and the request', async () => {
    const { id: token } = await aProjectToken(doors.market, project.id)
    const email = 'agency@example.test'
    const events = await writtenBy(doors.db, async () => {
      await buyer.post('/account/projects/new', {
        org: 'acme-retail',
        name: `Log ${token}`,
        edition: 'commerce',
      })
      await buyer.post(`${page}/keys`)
      await buyer.post(`${page}/keys/${token}/revoke`)
      await buyer.post(`${page}/settings`, { name: `Other ${token}`, edition: 'commerce' })
      await buyer.post(`${page}/shares`, { email, role: 'viewer' })
      const { id } = await doors.db
        .selectFrom('project_shares')
        .select('id')
        .where('email_norm', '=', email)
        .executeTakeFirstOrThrow()
      await buyer.post(`${page}/shares/${id}/end`)
      await buyer.post(`${page}/archive`, { confirm: project.slug })
      await buyer.post(`${page}/unarchive`)
    })

    expect(events.map(({ action }) => action)).toEqual([
      'setup_project',
      'create_project_token',
      'revoke_project_token',
      'update_project',
      'share_project',
      'revoke_project_share',
      'archive_project',
      'unarchive_project',
    ])
    const who = { customer: doors.market.person('buyer'), request: expect.any(String), outcome: 'done' }
    for (const event of events) expect(event).toMatchObject(who)
  })
})
