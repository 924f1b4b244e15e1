import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { describe, expect } from 'vitest'
import { PEOPLE } from '../../sandbox/seed/cast.ts'
import { TEST_KEY } from '../support/a-bank.ts'
import { aProject } from '../support/a-market.ts'
import { type Assistant, type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'
import type { Fault } from '../support/faults.ts'

const test = storyTest()

/** A mail address that a caller may send in place of an id. */
const MAIL_ADDRESS = 'anna.secret@private.test'

describe.skipIf(!timeSkippingServer)('secrets and personal data', () => {
  const keys: string[] = []
  async function purchase(shop: Shop, buyer: Assistant, name: string): Promise<string> {
    const { id: project } = await aProject(shop.market)
    const response = await buyer.buys({ packages: [name], project, idempotency_key: randomUUID() })
    const { 'http-basic': hosts } = response.result.auth_json as {
      'http-basic': Record<string, { password: string }>
    }
    const key = Object.values(hosts)[0]?.password ?? ''
    expect(key).toMatch(/^psk_[\w-]{43}$/)
    keys.push(key)
    return key
  }

  /** The secrets without the prefix by which the logger recognizes them. */
  const secrets = (buyer: Assistant) =>
    [...keys, buyer.token, TEST_KEY].map((secret) => secret.replace(/^[a-z]+_/, ''))
  const personal = [MAIL_ADDRESS, ...PEOPLE.flatMap(({ email, displayName }) => [email, displayName])]

  test('secrets and personal data are in no history and no log line, and secrets are in no row', async ({
    shop,
    buyer,
  }) => {
    await purchase(shop, buyer, 'northwind/module-search')
    await purchase(shop, buyer, 'northwind/module-hello')
    await buyer.call('setup_project', { name: 'Another shop', idempotency_key: randomUUID() })
    const withMailAddress = {
      packages: ['northwind/module-search'],
      project: MAIL_ADDRESS,
      payment_method: MAIL_ADDRESS,
    }
    expect(await buyer.buys({ ...withMailAddress, idempotency_key: randomUUID() })).toMatchObject({
      status: 'failed',
    })
    const { id: project } = await aProject(shop.market)
    const another = { ...withMailAddress, project, idempotency_key: randomUUID() }
    expect(await buyer.buys(another)).toMatchObject({ status: 'failed' })

    const [histories, rows] = await Promise.all([historiesOf(shop), dumpOf(shop)])
    expect(histories).toContain('northwind/module-search')
    expect(shop.logged()).toContain('purchase_and_install_package')
    expect(rows).toContain('northwind/module-search')
    expect(foundIn(histories, [...secrets(buyer), ...personal])).toEqual([])
    expect(foundIn(shop.logged(), [...secrets(buyer), ...personal])).toEqual([])
    expect(foundIn(rows, secrets(buyer))).toEqual([])
  })

  test('the search for personal data finds it in a history', async ({ shop, buyer }) => {
    const leaking: Fault = (steps) => ({
      ...steps,
      settleLine: async (input) => {
        await steps.settleLine(input)
        return personal[1] as unknown as void
      },
    })
    shop.breaks(leaking)
    await purchase(shop, buyer, 'northwind/module-hello')

    expect(foundIn(await historiesOf(shop), personal)).toEqual([personal[1]])
  })

  test('the search for secrets finds a secret in the log', async ({ shop, buyer }) => {
    const key = await purchase(shop, buyer, 'northwind/module-hello')
    shop.log.debug({ leaked: key.slice(4) }, 'a leak')

    expect(foundIn(shop.logged(), secrets(buyer))).toEqual([key.slice(4)])
  })

  test.for(['utf8', 'hex', 'base64'] as const)(
    'the search for secrets finds a secret in a row as %s',
    async (encoding, { shop, buyer }) => {
      const key = await purchase(shop, buyer, 'northwind/module-hello')
      const leaked = Buffer.from(key).toString(encoding)
      await shop.db.updateTable('project_tokens').set({ label: leaked }).execute()

      expect(foundIn(await dumpOf(shop), secrets(buyer))).toEqual([key.slice(4)])
    },
  )
})

/** The wanted texts that occur in `text`, plain or encoded as hex or base64. */
function foundIn(text: string, wanted: readonly string[]): string[] {
  return wanted.filter((each) =>
    [each, Buffer.from(each).toString('hex'), ...base64sOf(each)].some((form) => text.includes(form)),
  )
}

/** The parts of a text that are constant in base64, one for each of the three possible offsets. */
const base64sOf = (text: string): string[] =>
  [0, 1, 2].map((offset) =>
    Buffer.from(' '.repeat(offset) + text)
      .toString('base64')
      .slice(offset ? 4 : 0, -4),
  )

/** The history of every purchase in Temporal, with decoded payloads. */
async function historiesOf({ db, workflows }: Shop): Promise<string> {
  const runs = await db
    .selectFrom('operations')
    .select('workflow_id')
    .where('started_at', 'is not', null)
    .execute()
  const texts: string[] = []
  for (const { workflow_id } of runs.filter((run) =>
    run.workflow_id.startsWith('purchase_and_install_package/'),
  ))
    textsIn(await workflows.getHandle(workflow_id).fetchHistory(), texts)
  return texts.join('\n')
}

function textsIn(value: unknown, texts: string[]): void {
  if (typeof value === 'string') texts.push(value)
  else if (value instanceof Uint8Array) texts.push(Buffer.from(value).toString('utf8'))
  else if (value && typeof value === 'object') for (const each of Object.values(value)) textsIn(each, texts)
}

/** Every row of every table as text. */
async function dumpOf({ db }: Shop): Promise<string> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = 'public'`.execute(db)
  const dumped: string[] = []
  for (const { name } of tables) {
    const { rows } = await sql<{ row: string }>`select t::text as row from ${sql.table(name)} as t`.execute(
      db,
    )
    dumped.push(...rows.map(({ row }) => row))
  }
  return dumped.join('\n')
}
