import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Project } from '#domain/projects'
import { aMarket, aProject, aProjectToken, type Market } from '../support/a-market.ts'
import { aVisitor } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'
import { writtenBy } from '../support/written-events.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let app: FastifyInstance
let project: Pick<Project, 'id'>
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  project = await aProject(market)
  ;({ app } = await anApp(database.db))
})
afterAll(async () => {
  await app.close()
  await database.close()
})

const page = () => `/account/projects/${project.id}`
const daysNow = async () =>
  (
    await database.db
      .selectFrom('projects')
      .select('cooldown_days')
      .where('id', '=', project.id)
      .executeTakeFirstOrThrow()
  ).cooldown_days

async function aPerson(name: string) {
  const visitor = aVisitor(app)
  await visitor.signIn(name)
  return visitor
}

describe('the page of a project', () => {
  test('a member sets the cooldown of a project, which is audited once', async () => {
    const buyer = await aPerson('buyer')
    await buyer.get(page())
    const events = await writtenBy(database.db, async () => {
      const saved = await buyer.post(`${page()}/cooldown`, { days: '7' })
      expect([saved.statusCode, saved.headers['location']]).toEqual([303, `${page()}?saved=cooldown`])
      await buyer.post(`${page()}/cooldown`, { days: '7' })
    })

    expect(await daysNow()).toBe(7)
    expect(events).toEqual([
      expect.objectContaining({
        action: 'set_cooldown',
        outcome: 'done',
        object: project.id,
        detail: { days: 7 },
      }),
    ])
    const shown = await buyer.get(`${page()}?saved=cooldown`)
    expect(shown.body).toContain('The cooldown was saved.')
    expect(shown.body).toContain('value="7"')
  })

  test.for(['', '-1', '91', '1.5', 'many', '1e1000'])(
    'a cooldown of "%s" is refused and not saved',
    async (days) => {
      const buyer = await aPerson('buyer')
      await buyer.get(page())
      const before = await daysNow()
      const refused = await buyer.post(`${page()}/cooldown`, { days })
      expect([refused.statusCode, await daysNow()]).toEqual([400, before])
      expect(refused.body).toContain('A cooldown is a whole number of days from 0 to 90.')
    },
  )

  test('a project of another org does not exist for a visitor', async () => {
    const vendor = await aPerson('vendor')
    await vendor.get('/account')
    const before = await daysNow()
    expect((await vendor.get(page())).statusCode).toBe(404)
    expect((await vendor.get('/account/projects/nothing%00')).statusCode).toBe(404)
    expect((await vendor.post(`${page()}/cooldown`, { days: '1' })).statusCode).toBe(404)
    expect(await daysNow()).toBe(before)
  })

  test('a URL with the slug of a project of the active org leads to the same page by id, and no form and no other org does', async () => {
    const { slug } = await database.db
      .selectFrom('projects')
      .select('slug')
      .where('id', '=', project.id)
      .executeTakeFirstOrThrow()
    const [buyer, vendor] = [await aPerson('buyer'), await aPerson('vendor')]
    const bySlug = `/account/projects/${slug}`
    const to = async (url: string) => (await buyer.get(url)).headers.location

    expect(await to(bySlug)).toBe(page())
    expect(await to(`${bySlug}/installs?after=x%2Fy`)).toBe(`${page()}/installs?after=x%2Fy`)
    expect((await buyer.get(`${page()}-nothing`)).statusCode).toBe(404)
    expect((await buyer.get('/account/projects/nothing')).statusCode).toBe(404)
    expect((await buyer.post(`${bySlug}/cooldown`, { days: '9' })).statusCode).toBe(404)
    expect((await vendor.get(bySlug)).statusCode).toBe(404)
    await buyer.post('/account/active-org', { org: 'globex' })
    expect((await buyer.get(bySlug)).statusCode).toBe(404)
    await buyer.post('/account/active-org', { org: 'acme-retail' })
  })

  test('a member without the right to manage projects sees the cooldown and cannot change it', async () => {
    const buyer = await aPerson('buyer')
    const members = database.db.updateTable('org_members').where('customer_id', '=', market.person('buyer'))
    const before = await daysNow()
    await buyer.get(page())
    await members.set({ role: 'billing' }).execute()
    const shown = await buyer.get(page())
    const refused = await buyer.post(`${page()}/cooldown`, { days: '1' })
    await members.set({ role: 'owner' }).execute()
    expect(shown.body).toContain('days old')
    expect(shown.body).not.toContain('name="days"')
    expect([refused.statusCode, await daysNow()]).toEqual([403, before])
  })
})

describe('the keys of a project', () => {
  test('the page lists the keys that work by label and public key, and how to get new ones', async () => {
    const { id, publicKey } = await aProjectToken(market, project.id)
    const ended = await aProjectToken(market, project.id)
    await database.db
      .updateTable('project_tokens')
      .set({ revoked_at: new Date() })
      .where('id', '=', ended.id)
      .execute()
    const visitor = await aPerson('buyer')

    const { body } = await visitor.get(page())

    expect(body).toContain(publicKey)
    expect(body).toContain('never used')
    expect(body).not.toContain(ended.publicKey)
    expect(body).toContain('Make new keys')
    expect(body).not.toContain('psk_')
    expect(id).toMatch(/^ptk_/)
  })
})

describe('the address of a repository', () => {
  test.for(['', '/'])(
    'opened in a browser as …%s it explains itself, and says nothing about the project',
    async (end) => {
      const get = (id: string) => aVisitor(app).get(`/r/${id}${end}`)
      const [found, absent] = [await get(project.id), await get(`${project.id.slice(0, -4)}0000`)]

      expect([found.statusCode, absent.statusCode]).toEqual([200, 200])
      expect(found.body).toContain('This address is for Composer')
      expect(found.body).toContain(
        `composer config repositories.packagento composer https://market.example/r/${project.id}/`,
      )
      expect(found.body).toContain('href="/docs/composer"')
      expect(found.body.replaceAll(project.id, 'x')).toBe(
        absent.body.replaceAll(`${project.id.slice(0, -4)}0000`, 'x'),
      )
    },
  )
})
