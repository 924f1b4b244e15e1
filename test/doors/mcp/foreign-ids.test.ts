import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findPaymentMethod } from '#domain/billing'
import { mintId } from '#kernel/ids'
import { tools } from '../../../src/mcp/tools/index.ts'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aDatabase } from '../../support/database.ts'
import { aConnection, aMcpDoor, type McpDoor, noLimits } from '../../support/mcp.ts'
import { aModernClient, errorIn, type McpClient } from '../../support/mcp-clients.ts'
import { SWEEP } from '../../support/named-objects.ts'
import { type Possessions, possessionsOf } from '../../support/possessions.ts'
import { inputFor } from '../../support/tool-inputs.ts'

const SEARCH = 'northwind/module-search'

/** Parameters that do not name an object of an org. */
const PUBLIC =
  'action outcome since until limit cursor response_format query vendor type status only package packages wait_ms dry_run ' +
  'left title summary prices visibility revision name edition production_domain new_project overlap_hours label host repositories version reason credentials ' +
  'email role composer_json composer_lock installed idempotency_key slug website terms_version renew accept_other_edition force_another ' +
  'search archived undo model sums legal_name address country vat_id cooldown_days currency min_amount_minor max_amount_minor'
/** Filters of list_audit_events, tested in test/doors/mcp/audit-events.test.ts: another org's ids find nothing. */
const FILTERS = ['person', 'connection', 'works_with']
/** Of a purchase checked when the story runs: the first is tested below, the second in test/stories/access.test.ts. */
const CHECKED_BY_STORY = ['payment_method', 'quote']
/** Also checked when the story runs; tested in test/stories/checkout-cart.test.ts. */
const CHECKED_BY_CHECKOUT = 'checkout_cart: project'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let door: McpDoor
let client: McpClient
let mine: Possessions
let theirs: Possessions
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  door = await aMcpDoor({ db: database.db, limits: noLimits() })
  // the caller owns acme-retail, and may read globex only by naming it
  const of = { customer: market.person('buyer'), activeOrg: market.org('acme-retail') }
  client = await aModernClient(door, (await aConnection(database.db, of)).token)
  mine = await possessionsOf(market, 'acme-retail', 'Our shop')
  theirs = await possessionsOf(market, 'globex', 'Their shop')
  await database.db
    .updateTable('operations')
    .set({ asked_by: market.person('developer') })
    .where('id', '=', theirs.operation)
    .execute()
})
afterAll(async () => {
  await client.close()
  await door.close()
  await database.close()
})

/** An id of the same form that does not exist. */
const absentLike = (id: string): string =>
  /^[a-z]+_[0-9A-Z]{26}$/.test(id)
    ? mintId(id.slice(0, id.indexOf('_')), new Date(), Math.random)
    : `${id.slice(0, -3)}000`

/** The refusal, with the requested name replaced. */
async function refusedFor(tool: string, input: Record<string, unknown>, name: string) {
  const error = errorIn(await client.call(tool, input))
  return JSON.parse(JSON.stringify(error).replaceAll(name, 'NAME')) as Record<string, unknown>
}

const allRows = async () => {
  const rows = {
    project_tokens: 'id',
    project_shares: 'id',
    activations: 'id',
    operations: 'id',
    projects: 'id',
  } as const
  const state = Object.keys(rows).map((table) =>
    database.db
      .selectFrom(table as keyof typeof rows)
      .selectAll()
      .orderBy('id')
      .execute(),
  )
  return JSON.stringify(await Promise.all(state))
}

describe('objects of another org', () => {
  test.for(SWEEP.flatMap((row) => row.kinds.map((kind) => ({ ...row, kind }))))(
    '$tool does not find the $kind of another org in its parameter $parameter',
    async ({ tool, parameter, kind, own = {} }) => {
      const before = await allRows()
      const ours = Object.entries(own).map(([name, which]) => [name, mine[which]])
      const input = { ...inputFor(tool), ...Object.fromEntries(ours) } as Record<string, unknown>
      const absent = absentLike(theirs[kind])

      const foreign = await refusedFor(tool, { ...input, [parameter]: theirs[kind] }, theirs[kind])
      const missing = await refusedFor(tool, { ...input, [parameter]: absent }, absent)

      expect(foreign).toEqual(missing)
      expect(foreign.code).toMatch(/_not_found$/)
      expect(await allRows()).toBe(before)
    },
  )

  test.for(['list_version_checks', 'withdraw_version'])(
    '%s does not find a foreign package',
    async (tool) => {
      const found = (name: string) =>
        refusedFor(tool, { ...inputFor(tool), version: '1.0.0', package: name }, name)
      expect(await found(SEARCH)).toEqual(await found('northwind/module-absent'))
      expect((await found(SEARCH)).code).toMatch(/_not_found$/)
    },
  )

  test('objects of another org are in no list', async () => {
    const names = Object.values(theirs)
    for (const { name } of tools.filter(({ name: tool }) => tool.startsWith('list_'))) {
      const input = { ...inputFor(name), ...('project' in inputFor(name) && { project: mine.project }) }
      const { content } = await client.call(name, input)
      for (const foreign of names)
        expect([name, content[0]?.text.includes(`"${foreign}"`)]).toEqual([name, false])
    }
  })

  test('a card of another org is not found as a payment method', async () => {
    const card = await database.db
      .selectFrom('payment_methods')
      .select('id')
      .where('org_id', '=', market.org('globex'))
      .executeTakeFirstOrThrow()

    for (const id of [card.id, absentLike(card.id)])
      expect(await findPaymentMethod(database.db, market.org('acme-retail'), id).catch(codeOf)).toBe(
        'payment_method_not_found',
      )
    const made = (id: string) => refusedFor('set_default_payment_method', { payment_method: id }, id)
    const absent = absentLike(card.id)
    expect(await made(card.id)).toEqual(await made(absent))
    expect(await made(card.id)).toMatchObject({ code: 'payment_method_not_found' })
  })

  test('members of an org find its objects, so the test of foreign ids can fail', async () => {
    const isRefused = async (tool: string, input: Record<string, unknown>) =>
      (await client.call(tool, { ...inputFor(tool), ...input })).isError ?? false

    expect(await isRefused('get_licence', { licence: theirs.licence, org: 'globex' })).toBe(false)
    expect(await isRefused('get_install_snippet', { project: theirs.slug, org: 'globex' })).toBe(false)
    for (const { tool, parameter, kinds } of SWEEP.filter((row) => row.tool.startsWith('get_')))
      for (const kind of kinds)
        expect([tool, await isRefused(tool, { [parameter]: mine[kind] })]).toEqual([tool, false])
  })
})

describe('an org of other people', () => {
  test.for(tools.filter(({ input }) => 'org' in input.shape).map(({ name }) => name))(
    '%s does not find an org of which the caller is no member',
    async (tool) => {
      for (const name of [market.org('initech'), 'initech']) {
        const absent = absentLike(name)
        const foreign = await refusedFor(tool, { ...inputFor(tool), org: name }, name)

        expect(foreign).toEqual(await refusedFor(tool, { ...inputFor(tool), org: absent }, absent))
        expect(foreign).toMatchObject({ code: 'org_not_found', field: 'org' })
      }
    },
  )
})

test('the sweep covers every parameter that can name an object of an org', () => {
  const swept = SWEEP.map(({ tool, parameter }) => `${tool}: ${parameter}`)
  const naming = tools.flatMap(({ name, input }) =>
    Object.keys(input.shape)
      .filter(
        (parameter) => ![...PUBLIC.split(' '), ...FILTERS, ...CHECKED_BY_STORY, 'org'].includes(parameter),
      )
      .map((parameter) => `${name}: ${parameter}`)
      .filter((named) => named !== CHECKED_BY_CHECKOUT),
  )

  expect(swept).toEqual(naming)
})

const codeOf = ({ code }: { code?: string }) => code
