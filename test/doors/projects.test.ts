import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { projectOfKeys, hashOfPrivateKey } from '#domain/projects'
import { openSecrets } from '#platform/secrets'
import {
  aLicence,
  aMarket,
  aProject,
  aProjectToken,
  type Market,
  type TestProject,
} from '../support/a-market.ts'
import { aShare } from '../support/a-share.ts'
import { aVisitor, type Answered, titleAndMainOf, type Visitor } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'
import { writtenBy } from '../support/written-events.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let app: FastifyInstance
let buyer: Visitor
let vendor: Visitor
const secrets = openSecrets({ key: randomBytes(32).toString('base64') })
beforeAll(async () => {
  database = await aDatabase()
  market = await aMarket(database.db)
  ;({ app } = await anApp(database.db, { secrets }))
  buyer = aVisitor(app)
  vendor = aVisitor(app)
  await buyer.signIn('buyer')
  await vendor.signIn('vendor')
})
afterAll(async () => {
  await app.close()
  await database.close()
})

let project: TestProject
let page: string
beforeEach(async () => {
  project = await aProject(market)
  page = `/account/projects/${project.id}`
  await buyer.get(page)
})

const to = ({ statusCode, headers }: Answered) => [statusCode, headers['location']]
const keysIn = (body: string) => {
  const [, username = ''] = /username&#34;: &#34;(ppk_\w+)/.exec(body) ?? []
  const [, password = ''] = /password&#34;: &#34;(psk_[\w-]+)/.exec(body) ?? []
  return { username, password }
}
const opens = async ({ username, password }: ReturnType<typeof keysIn>) => {
  const keys = { publicKey: username, privateKeyHash: hashOfPrivateKey(password), at: new Date() }
  const found = await projectOfKeys(database.db, keys)
  return 'refused' in found ? undefined : found.project
}

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
    expect(body).toContain('href="/account/projects/new"')
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
    expect(await opens(keysIn(shown.body))).toBe(String(first.headers['location']).split('/')[3])
  })

  test.for([
    [{ name: '' }, 'A name has 1 to 100 characters.'],
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

describe('the keys of a project on its page', () => {
  test('rotated keys are shown to the person once more at most for 15 minutes, work, and the old ones work on', async () => {
    const old = await aProjectToken(market, project.id)
    const form = await buyer.get(`${page}/keys/${old.id}/rotate`)
    const events = await writtenBy(database.db, async () => {
      const rotated = await buyer.post(`${page}/keys/${old.id}/rotate`, {
        overlap: '24',
        key: `key-${old.id}`,
      })
      const shown = await buyer.get(String(rotated.headers['location']))
      expect(await opens(keysIn(shown.body))).toBe(project.id)
      expect((await vendor.get(String(rotated.headers['location']))).statusCode).toBe(404)
    })

    expect(form.body).toContain('Rotate the keys')
    expect(events.map(({ action }) => action)).toEqual(['rotate_project_token', 'show_auth_json'])
    const { body } = await buyer.get(page)
    expect(body).toContain('ends soon')
    expect(body).not.toContain('psk_')
  })

  test('a viewer of the org sees no keys and can make none', async () => {
    const { publicKey } = await aProjectToken(market, project.id)
    const members = database.db.updateTable('org_members').where('customer_id', '=', market.person('buyer'))
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

  test('revoked keys stop at once, after a page that asks', async () => {
    const { id, publicKey } = await aProjectToken(market, project.id)
    const asked = await buyer.get(`${page}/keys/${id}/revoke`)
    const revoked = await buyer.post(`${page}/keys/${id}/revoke`)

    expect(asked.body).toContain('Revoke these keys?')
    expect(to(revoked)).toEqual([303, `${page}?saved=revoked`])
    expect((await buyer.get(page)).body).not.toContain(publicKey)
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

  test('archiving wants the slug, keeps the licences, and can be taken back', async () => {
    await aLicence(market, { package: 'northwind/module-search', project: project.id })
    const asked = await buyer.get(`${page}/archive`)
    const wrong = await buyer.post(`${page}/archive`, { confirm: 'x' })
    const events = await writtenBy(database.db, async () => {
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
    const { id: token } = await aProjectToken(market, project.id)
    const email = 'agency@example.test'
    const events = await writtenBy(database.db, async () => {
      await buyer.post('/account/projects/new', {
        org: 'acme-retail',
        name: `Log ${token}`,
        edition: 'commerce',
      })
      await buyer.post(`${page}/keys`)
      await buyer.post(`${page}/keys/${token}/revoke`)
      await buyer.post(`${page}/settings`, { name: `Other ${token}`, edition: 'commerce' })
      await buyer.post(`${page}/shares`, { email, role: 'viewer' })
      const { id } = await database.db
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
    const who = { customer: market.person('buyer'), request: expect.any(String), outcome: 'done' }
    for (const event of events) expect(event).toMatchObject(who)
  })
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
    const org = market.org('acme-retail')
    const wanted = {
      org,
      by: market.person('buyer'),
      project: project.id,
      email: 'vendor@example.test',
      role,
    }
    await database.db.deleteFrom('attempts').execute()
    const { token, share } = await aShare(database.db, secrets, wanted)
    return { path: `/share/${token ?? ''}`, share }
  }

  test('the mailed link asks to sign in, then shows a button, and the button makes the guest', async () => {
    const { path } = await invite('developer')
    const stranger = await aVisitor(app).get(path)
    const wrongPerson = await buyer.get(path)
    const offered = await vendor.get(path)
    const before = await vendor.get(page)
    let accepted = offered
    const events = await writtenBy(database.db, async () => {
      accepted = await vendor.post(path)
    })
    const shown = await vendor.get(page)
    const listed = await vendor.get('/account/projects')

    expect(stranger.body).not.toContain('A shop')
    expect(stranger.body).toContain(`/sign-in?continue=${encodeURIComponent(path)}`)
    expect([wrongPerson.statusCode, before.statusCode]).toEqual([403, 404])
    expect(offered.body).toContain('Accept')
    expect(to(accepted)).toEqual([303, page])
    expect(events).toMatchObject([{ action: 'accept_share', customer: market.person('vendor') }])
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

    expect(await opens(keysIn(shown.body))).toBe(project.id)
    expect(refused.map(({ statusCode }) => statusCode)).toEqual(refused.map(() => 403))
    expect(ended.body).toContain('Their keys still work')
    expect(ended.body).toContain('Agency')
    expect(after.map(({ statusCode }) => statusCode)).toEqual([404, 404])
  })

  test('a viewer sees no keys, no slots and no other project of the org', async () => {
    const other = await aProject(market, { name: 'Secret plan' })
    const { publicKey } = await aProjectToken(market, project.id)
    const { path } = await invite('viewer')
    await vendor.get(path)
    await vendor.post(path)
    const shown = await vendor.get(page)
    const mail = await aShare(database.db, secrets, {
      org: market.org('acme-retail'),
      by: market.person('buyer'),
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

  test('the path of a link is not stored when somebody opens an account first', async () => {
    const { path } = await invite()
    const stranger = aVisitor(app)
    await stranger.get(`/sign-up?continue=${encodeURIComponent(path)}`)
    await stranger.post('/sign-up', { email: 'new-guest@example.test', continue: path })

    const links = await database.db.selectFrom('mail_links').select('back').execute()
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
