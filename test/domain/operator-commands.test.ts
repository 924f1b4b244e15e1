import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { findLink } from '#domain/accounts'
import { assertOperator, findCredentials } from '#domain/identity'
import { orgsOf } from '#domain/orgs'
import { VENDOR_TERMS_VERSION } from '#domain/vendors'
import { COMMANDS } from '../../scripts/admin/all.ts'
import { runAdmin } from '../../scripts/admin/run.ts'
import { aDatabase } from '../support/database.ts'
import { writtenBy } from '../support/written-events.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
  vi.stubEnv('DATABASE_URL', database.url)
  vi.stubEnv('PUBLIC_URL', 'https://market.example')
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await database.close()
})

/** Runs a command as `npm run admin` does, after it has read the arguments. Returns what it printed, or its refusal. */
async function admin(
  name: string,
  values: string[],
  options: Record<string, string> = {},
  flags: string[] = [],
): Promise<{ done: boolean | string; printed: string }> {
  const lines: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line))
  onTestFinished(() => log.mockRestore())
  const command = COMMANDS.find(({ usage }) => usage.split(' ')[0] === name)
  if (!command) throw new Error(`there is no command ${name}`)
  const done = await command.run(values, options, new Set(flags)).catch((e: Error) => e.message)
  return { done, printed: lines.join('\n') }
}

const openPerson = (email: string, flags: string[] = []) =>
  admin('create-person', [email], { name: 'Ann' }, flags)
const idOf = async (email: string) => {
  const found = await findCredentials(database.db, email)
  if (!found) throw new Error(`${email} has no account`)
  return found.id
}

describe("an operator's first day", () => {
  test('an operator opens an account, and its person chooses the password by the printed link', async () => {
    const written = await writtenBy(database.db, async () => {
      const { done, printed } = await openPerson('Ann@Market.example')
      const [, token = ''] = /https:\/\/market\.example\/link\/(\S+)/.exec(printed) ?? []

      expect(done).toBe(true)
      expect(await findLink(database.db, token, new Date())).toMatchObject({
        purpose: 'password_reset',
        email: 'ann@market.example',
      })
    })

    expect(await orgsOf(database.db, await idOf('ann@market.example'))).toMatchObject([{ role: 'owner' }])
    expect(written).toMatchObject([
      { chain: expect.stringMatching(/^customer:/), action: 'create_person' },
      { chain: 'platform', action: 'create_person' },
    ])
    expect((await findCredentials(database.db, 'ann@market.example'))?.passwordPhc).toBeNull()
  })

  test('of two operators who open the same account at the same time, only one gets a link', async () => {
    const both = await Promise.all([openPerson('twice@market.example'), openPerson('twice@market.example')])

    expect(both.filter(({ done }) => done === true)).toHaveLength(1)
  })

  test('an operator makes an org for somebody who has an account, once', async () => {
    await openPerson('owner@market.example')
    const create = (owner: string) => admin('create-org', ['shop'], { name: 'Shop', owner })

    expect((await create('nobody@market.example')).printed).toContain('nobody@market.example has no account')
    expect((await create('Owner@market.example')).done).toBe(true)
    expect((await create('owner@market.example')).printed).toContain('There is an org shop already.')
    const roles = await orgsOf(database.db, await idOf('owner@market.example'))
    expect(roles.find(({ slug }) => slug === 'shop')?.role).toBe('owner')
    expect((await admin('create-org', ['-x'], { name: 'X', owner: 'x' })).done).toMatch(/^A slug has/)
  })

  test('an operator makes a vendor only for current terms that a manager of the org has accepted', async () => {
    for (const email of ['seller@market.example', 'stranger@market.example']) await openPerson(email)
    await admin('create-org', ['sellers'], { name: 'Sellers', owner: 'seller@market.example' })
    const facts = { org: 'sellers', name: 'Sellers of Modules', website: 'https://sellers.example' }
    const create = (terms: string, by: string) =>
      admin('create-vendor', ['sellers'], { ...facts, terms, 'accepted-by': by })

    expect((await create('2001-01-01', 'seller@market.example')).done).toMatch(/terms/)
    expect((await create(VENDOR_TERMS_VERSION, 'stranger@market.example')).done).toMatch(/org/)
    expect((await create(VENDOR_TERMS_VERSION, 'nobody@market.example')).done).toBe(false)
    const none = await database.db.selectFrom('vendors').select('slug').execute()
    const written = await writtenBy(database.db, async () => {
      expect((await create(VENDOR_TERMS_VERSION, 'seller@market.example')).done).toBe(true)
    })

    expect(none).toEqual([])
    expect(written.map(({ action }) => action)).toEqual(['approve_vendor', 'approve_vendor'])
    expect((await create(VENDOR_TERMS_VERSION, 'seller@market.example')).done).toMatch(/sellers/)
  })

  test('only an operator blocks a version, and only as long as they are one', async () => {
    await openPerson('op@market.example')
    const block = () =>
      admin('block-version', ['a/b@1.0.0'], { reason: 'steals keys', as: 'op@market.example' })
    const isOperator = async () => assertOperator(database.db, await idOf('op@market.example'))

    expect((await block()).done).toMatch(/operator/)
    await admin('make-operator', ['op@market.example'])
    await isOperator()
    expect((await block()).done).toMatch(/a\/b/)
    expect((await admin('make-operator', ['op@market.example'])).done).toBe(false)
    await admin('end-operator', ['op@market.example'])
    await expect(isOperator()).rejects.toMatchObject({ code: 'not_an_operator' })
  })

  test('an operator begins a series of invoices only by its number, and once', async () => {
    const lines: string[] = []
    for (const way of ['log', 'error'] as const) {
      const spy = vi.spyOn(console, way).mockImplementation((line: string) => void lines.push(line))
      onTestFinished(() => spy.mockRestore())
    }
    const run = async (...args: string[]) => {
      lines.length = 0
      return `${await runAdmin(['start-invoice-series', ...args])}: ${lines.join()}`
    }

    expect(await run()).toMatch(/^2: usage: npm run admin -- start-invoice-series --series NUMBER/)
    for (const odd of ['0', '214', '-1', '1.5', 'x', ''])
      expect(await run(`--series=${odd}`)).toBe('2: A series is a number from 1 to 213.')
    expect(await run('--series', '2')).toBe(
      `0: Invoices have numbers of series 2 now, such as ${new Date().getUTCFullYear()}-20000001.`,
    )
    expect(await run('--series', '2')).toBe(
      '1: The current series is 2: the next one is 3. Nothing was done.',
    )
    expect(await run('--series', '213')).toMatch(/^0: .*-2130000001\.$/)
    expect(await run('--series', '213')).toBe(
      '1: The current series is 213, and there is no higher one. Nothing was done.',
    )
  })

  test('no command takes a secret as an argument, which other users of the machine could read', () => {
    const names = COMMANDS.flatMap(({ options = {}, usage }) => [
      ...Object.keys(options),
      usage.toLowerCase(),
    ])
    expect(names.filter((name) => /password|secret|token|\bkey\b/.test(name))).toEqual([])
  })
})
