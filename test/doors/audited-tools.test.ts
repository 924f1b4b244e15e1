import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inviteMember } from '#domain/team'
import { tools } from '../../src/mcp/tools/index.ts'
import { aCardThatIsNoDefault } from '../support/a-card.ts'
import { aSoldPackage } from '../support/a-sold-package.ts'
import { aLicence, aMarket, aProject, type Market } from '../support/a-market.ts'
import { aMember, type Member } from '../support/a-member.ts'
import { type AuditedCall, type Results, teamCalls } from '../support/audited-team-calls.ts'
import { aDatabase } from '../support/database.ts'
import { aMcpDoor, CLIENT_ID, type McpDoor, noLimits } from '../support/mcp.ts'
import { aModernClient, errorIn } from '../support/mcp-clients.ts'
import { inputFor } from '../support/tool-inputs.ts'
import { writtenBy } from '../support/written-events.ts'

const SEARCH = 'northwind/module-search'
const STOCK = 'northwind/module-stock'
const OWN = 'acme-retail/module-own'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let door: McpDoor
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  door = await aMcpDoor({ db: database.db, limits: noLimits() })
})
afterAll(async () => {
  await door.close()
  await database.close()
})

/** The only operation of a story. */
const operationOf = async (story: string) =>
  (
    await database.db
      .selectFrom('operations')
      .select('id')
      .where('story', '=', story)
      .executeTakeFirstOrThrow()
  ).id

const eventsOf = (run: () => Promise<unknown>) => writtenBy(database.db, run)

const key = () => ({ idempotency_key: `key-${randomUUID()}` })
/** The objects that the calls name. */
const things = { project: '', other: '', licence: '', operation: '', invite: '', card: '' }

/**
 * The audit actions of every tool that changes something or shows a secret. The tools are in an order in which each
 * call works. A tool that is missing here makes the test below fail.
 */
const CALLS: readonly AuditedCall[] = [
  { tool: 'setup_project', input: () => ({ name: 'Shop' }), events: ['setup_project', 'show_auth_json'] },
  { tool: 'get_operation', input: () => ({ operation_id: things.operation }), events: ['show_auth_json'] },
  { tool: 'create_project', input: () => ({ name: 'Bare' }), events: ['create_project'] },
  {
    tool: 'update_project',
    input: () => ({ project: 'bare', name: 'Renamed' }),
    events: ['update_project'],
  },
  { tool: 'archive_project', input: () => ({ project: 'bare' }), events: ['archive_project'] },
  {
    tool: 'share_project',
    input: () => ({ project: 'shop', email: 'agency@example.test', role: 'viewer' }),
    events: ['share_project'],
  },
  {
    tool: 'revoke_project_share',
    input: ({ share_project }) => ({ share: share_project?.share }),
    events: ['revoke_project_share'],
  },
  {
    tool: 'create_project_token',
    input: () => ({ project: 'shop', ...key() }),
    events: ['create_project_token', 'show_auth_json'],
  },
  {
    tool: 'rotate_project_token',
    input: ({ create_project_token }) => ({ token: create_project_token?.token }),
    events: ['rotate_project_token', 'show_auth_json'],
  },
  {
    tool: 'revoke_project_token',
    input: ({ rotate_project_token }) => ({ token: rotate_project_token?.token }),
    events: ['revoke_project_token'],
  },
  {
    tool: 'activate_licence',
    input: () => ({ licence: things.licence, project: things.project }),
    events: ['activate_licence'],
  },
  {
    tool: 'move_activation',
    input: () => ({ licence: things.licence, from: things.project, to: things.other }),
    events: ['move_activation'],
  },
  {
    tool: 'deactivate_licence',
    input: () => ({ licence: things.licence, project: things.other }),
    events: ['deactivate_licence'],
  },
  { tool: 'add_to_cart', input: () => ({ packages: [STOCK, SEARCH] }), events: ['add_to_cart'] },
  { tool: 'remove_from_cart', input: () => ({ packages: [SEARCH] }), events: ['remove_from_cart'] },
  {
    tool: 'checkout_cart',
    input: ({ quote_cart }) => ({ quote: quote_cart?.quote, ...key() }),
    events: ['start_operation'],
  },
  {
    tool: 'purchase_and_install_package',
    input: () => ({ packages: [SEARCH], project: things.project, ...key() }),
    events: ['start_operation'],
  },
  { tool: 'start_add_payment_method', input: key, events: ['start_operation'] },
  {
    tool: 'set_default_payment_method',
    input: () => ({ payment_method: things.card }),
    events: ['make_payment_method_default'],
  },
  {
    tool: 'update_billing_details',
    input: () => ({ legal_name: 'Acme', address: '1 Road', country: 'GB' }),
    events: ['change_billing_details'],
  },
  {
    tool: 'start_git_integration',
    input: () => ({ host: 'git.example', ...key() }),
    events: ['start_operation'],
  },
  {
    tool: 'apply_as_vendor',
    input: () => ({ ...inputFor('apply_as_vendor'), slug: 'acme-themes', ...key() }),
    events: ['apply_as_vendor'],
  },
  {
    tool: 'bootstrap_vendor',
    input: () => ({ slug: 'acme-themes', host: 'git.example', ...key() }),
    events: ['start_operation'],
  },
  {
    tool: 'publish_package',
    input: () => ({ repositories: ['https://git.example/acme/module-1'], ...key() }),
    events: ['start_operation'],
  },
  {
    tool: 'sync_package',
    input: () => ({ package: SEARCH, ...key() }),
    events: ['start_operation'],
  },
  {
    tool: 'update_package',
    input: () => ({
      package: OWN,
      prices: [{ edition: 'open-source', model: 'free', amount_minor: 0, currency: 'EUR' }],
      ...key(),
    }),
    events: ['update_package'],
  },
  {
    tool: 'set_package_visibility',
    input: () => ({ package: OWN, visibility: 'withdrawn', ...key() }),
    events: ['set_package_visibility'],
  },
  {
    tool: 'withdraw_version',
    input: () => ({ package: OWN, version: '1.0.0', reason: 'It does not load.' }),
    events: ['withdraw_version'],
  },
  {
    tool: 'cancel_operation',
    input: ({ start_add_payment_method }) => ({ operation_id: start_add_payment_method?.operation_id }),
    events: ['cancel_operation'],
  },
  ...teamCalls(() => ({ ...things, member: market.person('billing') })),
  { tool: 'set_active_org', input: () => ({ org: 'globex' }), events: ['set_active_org', 'set_active_org'] },
]

describe('the tools', () => {
  test('the table of audited tools has every tool that changes something or shows a secret', () => {
    const acting = tools.filter(({ hints, name }) => !hints.readOnly || name === 'get_operation')

    const rows = CALLS.map(({ tool }) => tool).toSorted()
    const names = acting.map(({ name }) => name)
    const without = names.filter((name) => !rows.includes(name))
    expect(without, 'tools without a row in CALLS of audited-tools.test.ts').toEqual([])
    expect(rows).toEqual(names.toSorted())
  })

  test('each call that changes something or shows a secret writes its events, with person, application and request', async () => {
    const buyer = await aMember({ door, market }, aModernClient)
    const results: Results = {}
    await prepare(buyer)

    for (const { tool, input, events } of CALLS) {
      if (tool === 'checkout_cart') results.quote_cart = await buyer.ask('quote_cart')
      if (tool === 'get_operation') things.operation = await operationOf('setup_project')
      const written = await eventsOf(async () => {
        results[tool] = await buyer.ask(tool, input(results))
      })

      expect([tool, written.map(({ action }) => action)]).toEqual([tool, events])
      for (const event of written)
        expect([tool, event]).toEqual([
          tool,
          expect.objectContaining({
            outcome: 'done',
            customer: market.person('buyer'),
            connection: buyer.connection,
            client: CLIENT_ID,
            org: expect.stringMatching(/^org_/),
            request: expect.stringMatching(/./),
          }),
        ])
    }
  })

  test('each refused call writes one event with its code, and a call that only reads writes none', async () => {
    const viewer = await aMember({ door, market }, aModernClient, { name: 'viewer' })

    for (const { name } of tools) {
      let code: unknown
      const written = await eventsOf(async () => {
        const answer = await viewer.client.call(name, inputFor(name))
        code = answer.isError ? errorIn(answer)['code'] : undefined
      })
      const refused = { action: name, outcome: 'refused', code, customer: market.person('viewer') }
      const event = { ...refused, connection: viewer.connection, client: CLIENT_ID }
      expect([name, written]).toMatchObject([name, code ? [event] : []])
    }
  })

  async function prepare({ ask }: Member) {
    things.project = (await aProject(market, { name: 'From' })).id
    things.other = (await aProject(market, { name: 'To' })).id
    things.licence = (await aLicence(market, { package: 'fabrikam/module-labels' })).id
    await aSoldPackage(market, new Date())
    things.card = await aCardThatIsNoDefault(market, 'acme-retail')
    things.invite = (
      await inviteMember(database.db, door.secrets, {
        caller: market.caller('nocard'),
        org: await market.access('nocard', 'hooli'),
        email: 'buyer@example.test',
        role: 'viewer',
        at: new Date(),
      })
    ).id
    await ask('list_projects')
  }
})
