import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { activateLicence, licencePlaceAfter } from '#domain/licensing'
import { aLicence, aProject, aProjectToken, type TestProject } from '../support/a-market.ts'
import { aMarketApp, type MarketApp } from '../support/a-market-app.ts'
import { aShare } from '../support/a-share.ts'
import { aVisitor, type Answered, titleAndMainOf, type Visitor } from '../support/a-visitor.ts'
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
const licencesIn = (body: string) =>
  [...body.matchAll(/href="\/account\/licences\/(lic_\w+)"/g)].map(([, id = '']) => id)
const activateToo = (licence: string, onProject: string) =>
  activateLicence(doors.db, {
    caller: { customer: doors.market.person('buyer'), scopes: [] },
    org: { id: doors.market.org('acme-retail'), slug: 'acme-retail', name: 'Acme', role: 'owner' },
    licence,
    project: onProject,
    at: new Date(),
  })

describe('a guest of a project in the browser', () => {
  const invite = async (role: 'viewer' | 'developer' = 'viewer') => {
    await buyer.get(page)
    const sent = await buyer.post(`${page}/shares`, {
      email: 'vendor@example.test',
      role,
      until: '2099-12-31',
    })
    expect(to(sent)).toEqual([303, `${page}?saved=shared#shares`])
    // a newer link, whose token the test can read
    const org = doors.market.org('acme-retail')
    const wanted = {
      org,
      by: doors.market.person('buyer'),
      project: project.id,
      email: 'vendor@example.test',
      role,
    }
    await doors.db.deleteFrom('attempts').execute()
    const { token, share } = await aShare(doors.db, doors.secrets, wanted)
    return { path: `/share/${token ?? ''}`, share }
  }

  test('the mailed link asks to sign in, then shows a button, and the button makes the guest', async () => {
    const { path } = await invite('developer')
    const stranger = await aVisitor(doors.app).get(path)
    const wrongPerson = await buyer.get(path)
    const offered = await vendor.get(path)
    const before = await vendor.get(page)
    let accepted = offered
    const events = await writtenBy(doors.db, async () => {
      accepted = await vendor.post(path)
    })
    const shown = await vendor.get(page)
    const listed = await vendor.get('/account/projects')

    expect(stranger.body).not.toContain('A shop')
    expect(stranger.body).toContain(`/sign-in?continue=${encodeURIComponent(path)}`)
    expect([wrongPerson.statusCode, before.statusCode]).toEqual([403, 404])
    expect(offered.body).toContain('Accept')
    expect(to(accepted)).toEqual([303, page])
    expect(events).toMatchObject([{ action: 'accept_share', customer: doors.market.person('vendor') }])
    expect(shown.body).toContain('shares this project with you')
    expect(listed.body).toContain('Shared with you')
    expect((await vendor.get(path)).statusCode).toBe(404)
  })

  test('a developer makes keys, and neither changes, shares nor archives; after the end there is nothing', async () => {
    const { path, share } = await invite('developer')
    await vendor.get(path)
    await vendor.post(path)
    const made = await vendor.post(`${page}/keys`, { label: 'Agency', key: `key-${share}` })
    const shown = await vendor.get(String(made.headers['location']))
    const refused = [
      await vendor.get(`${page}/settings`),
      await vendor.post(`${page}/settings`, { name: 'x', edition: 'commerce' }),
      await vendor.get(`${page}/archive`),
      await vendor.post(`${page}/archive`, { confirm: project.slug }),
      await vendor.post(`${page}/unarchive`),
      await vendor.post(`${page}/cooldown`, { days: '1' }),
      await vendor.post(`${page}/shares`, { email: 'x@example.test' }),
      await vendor.get(`${page}/shares/${share}/end`),
      await vendor.post(`${page}/shares/${share}/end`),
    ]
    await buyer.get(`${page}/shares/${share}/end`)
    const ended = await buyer.post(`${page}/shares/${share}/end`)
    const after = [await vendor.get(page), await vendor.get(String(made.headers['location']))]

    expect(await projectOpenedBy(doors.db, shownKeys(shown.body))).toBe(project.id)
    expect(refused.map(({ statusCode }) => statusCode)).toEqual(refused.map(() => 403))
    expect(ended.body).toContain('Their keys still work')
    expect(ended.body).toContain('Agency')
    expect(after.map(({ statusCode }) => statusCode)).toEqual([404, 404])
  })

  test('a viewer sees no keys, no slots and no other project of the org', async () => {
    const other = await aProject(doors.market, { name: 'Secret plan' })
    const { publicKey } = await aProjectToken(doors.market, project.id)
    const { path } = await invite('viewer')
    await vendor.get(path)
    await vendor.post(path)
    const shown = await vendor.get(page)
    const mail = await aShare(doors.db, doors.secrets, {
      org: doors.market.org('acme-retail'),
      by: doors.market.person('buyer'),
      project: project.id,
      email: 'vendor@example.test',
      role: 'viewer',
    })

    expect(shown.body).not.toContain(publicKey)
    expect(titleAndMainOf(shown.body)).not.toContain('Secret plan')
    expect((await vendor.get(`/account/projects/${other.id}`)).statusCode).toBe(404)
    expect((await vendor.get(`${page}/keys/${publicKey}/revoke`)).statusCode).toBe(403)
    expect(mail.outcome).toBe('changed')
  })

  test.for(['viewer', 'developer'] as const)(
    'a guest %s sees the licences that are active on the project: until when, since when, and no slot, order or other project',
    async (role) => {
      const other = await aProject(doors.market, { name: 'Secret plan' })
      const until = new Date('2099-03-08T00:00:00Z')
      const about = { package: 'northwind/module-stock', slots: 3, validUntil: until }
      const seen = await aLicence(doors.market, { ...about, project: project.id })
      const second = { package: 'northwind/module-search', at: new Date() }
      const newer = await aLicence(doors.market, { ...second, project: project.id })
      const hidden = await aLicence(doors.market, { package: 'northwind/module-search', project: other.id })
      const { path, share } = await invite(role)
      await vendor.get(path)
      await vendor.post(path)
      const at = (licence: { id: string }, form = '') => `/account/licences/${licence.id}${form}`
      await activateToo(seen.id, other.id)

      const card = titleAndMainOf((await vendor.get(page)).body)
      const list = async (query = '') => licencesIn((await vendor.get(`${page}/licences${query}`)).body)
      const one = titleAndMainOf((await vendor.get(at(seen))).body)

      expect(licencesIn(card).toSorted()).toEqual([seen.id, newer.id].toSorted())
      expect(await list()).toEqual([newer.id, seen.id])
      expect(await list(`?after=${licencePlaceAfter({ id: newer.id, status: 'active' })}`)).toEqual([seen.id])
      expect(await list('?package=northwind/module-stock')).toEqual([seen.id])
      expect(await list('?only=free')).toEqual([])
      for (const shown of [card, one]) expect(shown).toContain('8 Mar 2099')
      expect(one).toContain(`/account/projects/${project.id}`)
      for (const secret of [other.id, other.slug, 'of 3 slots', seen.order])
        expect(card + one).not.toContain(secret)
      expect((await vendor.get(at(hidden))).statusCode).toBe(404)
      for (const form of ['/activate', '/move', '/deactivate'])
        expect((await vendor.post(at(seen, form), { project: project.slug })).statusCode).toBe(404)
      await buyer.get(page)
      await buyer.post(`${page}/shares/${share}/end`)
      expect((await vendor.get(at(seen))).statusCode).toBe(404)
      expect((await vendor.get(`${page}/licences`)).statusCode).toBe(404)
    },
  )

  test('the path of a link is not stored when somebody opens an account first', async () => {
    const { path } = await invite()
    const stranger = aVisitor(doors.app)
    await stranger.get(`/sign-up?continue=${encodeURIComponent(path)}`)
    await stranger.post('/sign-up', { email: 'new-guest@example.test', continue: path })

    const links = await doors.db.selectFrom('mail_links').select('back').execute()
    expect(JSON.stringify(links)).not.toContain('/share/')
  })

  test.for([
    [{ email: 'nobody' }, 'This is not an e-mail address.'],
    [{ email: 'buyer@example.test' }, 'already sees all of its projects'],
    [{ email: 'a@example.test', until: 'soon' }, 'A day is written as'],
    [{ email: 'a@example.test', until: '2001-01-01' }, 'has to be in the future'],
  ] as const)('a share of %o is refused beside its form', async ([wrong, message]) => {
    const refused = await buyer.post(`${page}/shares`, { role: 'developer', ...wrong })

    expect(refused.statusCode).toBe(422)
    expect(refused.body).toContain(message)
    expect(refused.body).toMatch(/value="developer"\s+checked/)
  })
})

describe('a member who only looks', () => {
  test('a viewer of the org sees no keys and can make none', async () => {
    const { publicKey } = await aProjectToken(doors.market, project.id)
    const members = doors.db
      .updateTable('org_members')
      .where('customer_id', '=', doors.market.person('buyer'))
    await members.set({ role: 'viewer' }).execute()
    const shown = await buyer.get(page)
    const refused = [
      await buyer.post(`${page}/keys`, { key: 'a-new-key-1' }),
      await buyer.post(`${page}/settings`, { name: 'x', edition: 'commerce' }),
      await buyer.post(`${page}/archive`, { confirm: project.slug }),
      await buyer.post(`${page}/shares`, { email: 'a@example.test' }),
      await buyer.get(`${page}/settings`),
      await buyer.get(`${page}/keys/ptk_x/revoke`),
    ]
    await members.set({ role: 'owner' }).execute()

    expect(shown.body).not.toContain(publicKey)
    expect(refused.map(({ statusCode }) => statusCode)).toEqual([403, 403, 403, 403, 403, 403])
  })
})
