import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { orgsOf } from '#domain/orgs'
import { aMailbox } from '../../support/a-mailbox.ts'
import { aVisitor } from '../../support/a-visitor.ts'
import { anApp } from '../../support/an-app.ts'
import { aDatabase } from '../../support/database.ts'

const PASSWORD = 'seven quiet otters paint'

let database: Awaited<ReturnType<typeof aDatabase>>
let app: FastifyInstance
let mail: Awaited<ReturnType<typeof aMailbox>>
beforeAll(async () => {
  database = await aDatabase()
  const { app: started, secrets } = await anApp(database.db)
  app = started
  mail = await aMailbox({ db: database.db, secrets })
})
afterAll(async () => {
  await mail.close()
  await app.close()
  await database.close()
})

const addresses = { used: 0 }
const aNewEmail = () => `ann${++addresses.used}@example.test`

/** Asks for a link to sign up; returns the path of the link that is mailed. */
async function asksForLink(email: string, back = '/'): Promise<string> {
  const visitor = aVisitor(app)
  await visitor.get(`/sign-up?continue=${encodeURIComponent(back)}`)
  const answer = await visitor.post('/sign-up', { email, continue: back })
  expect(answer.statusCode).toBe(200)
  return mail.linkTo(email)
}

const customerOf = (email: string) =>
  database.db.selectFrom('customers').select(['id', 'display_name']).where('email_norm', '=', email).execute()

describe('a person without an account', () => {
  test('a person signs up by a mailed link, chooses a password, and has a personal org', async () => {
    const email = aNewEmail()
    const link = await asksForLink(email, '/p/northwind')
    expect(await customerOf(email)).toEqual([])
    const ann = aVisitor(app)

    const page = await ann.get(link)
    const done = await ann.post(link, { name: 'Ann Example', password: PASSWORD })

    expect(page.statusCode).toBe(200)
    expect(page.body).toContain(email)
    expect(done.statusCode).toBe(303)
    expect(done.headers.location).toBe('/sign-in/code?continue=%2Fp%2Fnorthwind')
    const onward = await ann.get('/sign-in/code?continue=%2Fp%2Fnorthwind')
    expect(onward.headers.location).toBe('/p/northwind')
    const [customer] = await customerOf(email)
    expect(customer).toMatchObject({ display_name: 'Ann Example' })
    expect(await orgsOf(database.db, customer!.id)).toMatchObject([
      { slug: email.split('@')[0], name: 'Ann Example', role: 'owner' },
    ])
    expect((await ann.get('/')).body).toContain('Ann Example')
  })
})
