import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { sql } from 'kysely'
import { hashOfPrivateKey, projectOfKeys } from '#domain/projects'
import { aDatabase } from '../../support/database.ts'
import { aConnection, aMcpDoor, aPerson, type McpDoor, type Person } from '../../support/mcp.ts'
import { aModernClient, errorIn, type McpClient } from '../../support/mcp-clients.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let door: McpDoor
let ann: Person
let client: McpClient
beforeAll(async () => {
  database = await aDatabase()
  door = await aMcpDoor({ db: database.db })
})
beforeEach(async () => {
  ann = await aPerson(database.db)
  client = await clientOf(ann)
})
afterAll(async () => {
  await door.close()
  await database.close()
})

interface Created {
  project: string
  token: string
  auth_json?: { 'http-basic': Record<string, { username: string; password: string }> }
  [more: string]: unknown
}

async function clientOf({ token }: { token: string }) {
  const connected = await aModernClient(door, token)
  onTestFinished(() => connected.close())
  return connected
}

async function create(input: object, by = client): Promise<Created> {
  const { structuredContent, content } = await by.call('create_project_token', { project: 'shop', ...input })
  expect(structuredContent, content[0]?.text).toBeDefined()
  return structuredContent as unknown as Created
}

const aShop = async () => (await client.call('setup_project', { name: 'Shop' })).structuredContent as Created

const A_DAY = 24 * 60 * 60 * 1000

/** The project that Composer can read with these keys, now or later. */
function opens({ auth_json }: Created, laterMs = 0) {
  const { username = '', password = '' } = auth_json?.['http-basic']['127.0.0.1:3000'] ?? {}
  const privateKeyHash = hashOfPrivateKey(password)
  return projectOfKeys(database.db, {
    publicKey: username,
    privateKeyHash,
    at: new Date(Date.now() + laterMs),
  })
}

describe('a token for a project in use', () => {
  test('a new token gives access to the project and is returned with everything that Composer needs', async () => {
    const { project } = await aShop()

    const created = await create({ label: 'production' })

    expect(created).toEqual({
      org: ann.org.slug,
      project,
      token: expect.stringMatching(/^ptk_/),
      label: 'production',
      auth_json: { 'http-basic': { '127.0.0.1:3000': expect.anything() } },
      repository: { type: 'composer', url: `http://127.0.0.1:3000/r/${project}/` },
      composer_commands: expect.arrayContaining([expect.stringContaining(`/r/${project}/`)]),
    })
    expect(await opens(created)).toMatchObject({ project, token: created.token })
  })

  test('a new token ends an unused token with the same label after a day, and no other token', async () => {
    const first = await aShop()
    const labelled = [await create({ label: 'production' }), await create({ label: 'staging' })]
    expect(await opens(first)).toHaveProperty('token')
    await create({})
    const unused = await create({ label: 'unused' })
    await create({ label: 'unused' })

    for (const each of [first, ...labelled]) expect(await opens(each, A_DAY + 1_000)).toHaveProperty('token')
    expect(await opens(unused, A_DAY + 1_000)).toMatchObject({ refused: 'expired_key' })
    expect(await opens(unused, A_DAY - 60_000)).toHaveProperty('token')
  })

  test('unused keys that are used beside newer ones within a day do not end', async () => {
    await aShop()
    const pasted = await create({ label: 'unused' })
    await create({ label: 'unused' })

    expect(await opens(pasted, A_DAY - 60_000)).toHaveProperty('token')

    expect(await opens(pasted, A_DAY * 400)).toHaveProperty('token')
  })

  test('using a token writes its end only once, because the registry then forgets all tokens', async () => {
    await aShop()
    const pasted = await create({ label: 'unused' })
    await create({ label: 'unused' })
    const { db } = database
    await sql`create table ends (n int)`.execute(db)
    await sql`create function an_end() returns trigger language plpgsql as $$ begin insert into ends values (1); return new; end $$`.execute(
      db,
    )
    await sql`create trigger an_end before update of expires_at on project_tokens for each row execute function an_end()`.execute(
      db,
    )

    for (const day of [0.5, 0.6, 0.7]) await opens(pasted, A_DAY * day)

    const { rows } = await sql`select n from ends`.execute(db)
    await sql`drop trigger an_end on project_tokens`.execute(db)
    expect(rows).toHaveLength(1)
  })

  test('one idempotency key creates one token, whether the project is named by slug or by id', async () => {
    const { project } = await aShop()
    const input = { label: 'production', idempotency_key: 'a-new-token-1' }

    const first = await create(input)
    const again = await create({ ...input, project })

    expect(again).toEqual({ ...first, replayed: true })
    const other = await client.call('create_project_token', { ...input, project, label: 'staging' })
    expect(errorIn(other)).toMatchObject({ code: 'idempotency_key_reused' })
  })

  test('the audit log names a new token but not its keys', async () => {
    await aShop()

    const { token, auth_json } = await create({})

    const events = await database.db
      .selectFrom('audit_events')
      .select('body')
      .where('chain', '=', `org:${ann.org.id}`)
      .execute()
    const text = events.map(({ body }) => body).join()
    expect(text).toContain('"action": "create_project_token"')
    expect(text).toContain(token)
    expect(text).not.toContain(auth_json?.['http-basic']['127.0.0.1:3000']?.password)
  })

  test('only the connection that created a token can read its keys', async () => {
    await aShop()
    const { items } = (await create({ idempotency_key: 'a-new-token-2' }).then(() =>
      client.call('list_operations', { limit: 1 }).then(({ structuredContent }) => structuredContent),
    )) as { items: [{ operation_id: string; story: string }] }
    const other = await clientOf(
      await aConnection(database.db, { customer: ann.customer, activeOrg: ann.org.id }),
    )

    const seen = await other.call('get_operation', { operation_id: items[0].operation_id })

    expect(items[0].story).toBe('create_project_token')
    expect(seen.content[0]?.text).not.toContain('psk_')
    expect(seen.content[0]?.text).toContain('create_project_token gives a new one')
  })
})

describe('a token that is refused', () => {
  const archive = () =>
    database.db
      .updateTable('projects')
      .set({ archived_at: new Date() })
      .where('org_id', '=', ann.org.id)
      .execute()

  test('an archived project gets no new token, but a repeated call still returns the earlier one', async () => {
    await aShop()
    const key = { idempotency_key: 'before-the-end' }
    const { token } = await create(key)
    await archive()

    const refused = await client.call('create_project_token', {
      project: 'shop',
      idempotency_key: 'after-it',
    })

    expect(errorIn(refused)).toMatchObject({ code: 'project_archived', field: 'project' })
    expect(await create(key)).toMatchObject({ token, replayed: true })
  })

  test('no token is created for a project of another org or for a project that does not exist', async () => {
    const { project } = await aShop()
    const bob = await clientOf(await aPerson(database.db))

    for (const ref of ['shop', project])
      expect(errorIn(await bob.call('create_project_token', { project: ref }))).toMatchObject({
        code: 'project_not_found',
      })
  })

  test.for(['viewer', 'billing'] as const)('the role %s cannot create a token', async (role) => {
    const other = await aPerson(database.db, { role })

    const refused = await (await clientOf(other)).call('create_project_token', { project: 'shop' })

    expect(errorIn(refused)).toMatchObject({ code: 'not_allowed' })
  })
})
