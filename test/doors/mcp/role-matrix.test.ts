import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Scope, SCOPES } from '#domain/orgs'
import { tools } from '../../../src/mcp/tools/index.ts'
import { aDatabase } from '../../support/database.ts'
import { aConnection, aMcpDoor, aPerson, joins, type McpDoor, older, send } from '../../support/mcp.ts'
import { aModernClient, errorIn, type McpClient } from '../../support/mcp-clients.ts'
import { inputFor } from '../../support/tool-inputs.ts'

const ROLES = ['owner', 'admin', 'developer', 'billing', 'viewer'] as const
type Role = (typeof ROLES)[number]

/**
 * Every tool, in the order of the tool list. `y`: listed and allowed. `-`: neither. Check it against the role table of
 * product.md; developers may buy once spend policies exist. `what it finds` is what an allowed role gets for the input in
 * test/support/tool-inputs.ts, which names only objects that do not exist.
 */
const TABLE = rows(`
  tool                         | row of the role table                    | scopes            | what it finds           | owner admin developer billing viewer
  get_my_dashboard             | about oneself                            | read              | answered                |   y     y       y        y      y
  set_active_org               | about oneself                            | read              | org_not_found           |   y     y       y        y      y
  purchase_and_install_package | buy, add a payment method                | read projects buy | project_not_found       |   y     y       -        y      -
  setup_project                | create projects                          | read projects     | answered                |   y     y       y        -      -
  publish_package              | vendor side                              | read publish      | answered                |   y     y       y        -      -
  bootstrap_vendor             | vendor side: apply                       | read publish      | answered                |   y     y       -        -      -
  get_vendor_dashboard         | vendor side                              | read publish      | answered                |   y     y       y        y      -
  whoami                       | about oneself                            | read              | answered                |   y     y       y        y      y
  list_orgs                    | about oneself                            | read              | answered                |   y     y       y        y      y
  create_org                   | about oneself                            | read team         | org_slug_taken          |   y     y     y        y      y
  list_org_members             | see org, members, projects, licences     | read              | answered                |   y     y       y        y      y
  change_member_role           | invite / remove members, change roles    | read team         | member_not_found        |   y     y     -        -      -
  remove_member                | invite / remove members, change roles; leave | read team         | member_not_found        |   y     y     y        y      y
  list_pending_invites         | invite / remove members, change roles    | read              | answered                |   y     y       -        -      -
  invite_member                | invite / remove members, change roles    | read team         | answered                |   y     y     -        -      -
  revoke_invite                | invite / remove members, change roles    | read team         | invite_not_found        |   y     y     -        -      -
  accept_invite                | about oneself                            | read team         | invite_not_found        |   y     y     y        y      y
  list_connections             | about oneself                            | read              | answered                |   y     y       y        y      y
  list_vendors                 | vendor side                              | read              | answered                |   y     y       y        y      -
  apply_as_vendor              | vendor side: apply                       | read publish      | vendor_slug_reserved    |   y     y       -        -      -
  list_audit_events            | read the org's audit log                 | read              | answered                |   y     y       -        y      -
  list_packages                | the public catalogue                     | read              | answered                |   y     y       y        y      y
  get_package                  | the public catalogue                     | read              | package_not_found       |   y     y       y        y      y
  list_package_versions        | see org, members, projects, licences     | read              | package_not_found       |   y     y       y        y      y
  list_projects                | see org, members, projects, licences     | read              | answered                |   y     y       y        y      y
  create_project               | create projects                          | read projects     | answered                |   y     y       y        -      -
  resolve_project              | see org, members, projects, licences     | read              | project_not_found       |   y     y       y        y      y
  update_project               | rename projects                          | read projects     | project_not_found       |   y     y       y        -      -
  archive_project              | archive projects                         | read projects     | project_not_found       |   y     y       y        -      -
  get_install_snippet          | see org, members, projects, licences     | read              | project_not_found       |   y     y       y        y      y
  list_project_tokens          | read project tokens                      | read              | project_not_found       |   y     y       y        -      -
  create_project_token         | create project tokens                    | read projects     | project_not_found       |   y     y       y        -      -
  rotate_project_token         | rotate project tokens                    | read projects     | project_token_not_found |   y     y       y        -      -
  revoke_project_token         | revoke project tokens                    | read projects     | project_token_not_found |   y     y       y        -      -
  list_project_installs        | see org, members, projects, licences     | read              | project_not_found       |   y     y       y        y      y
  share_project                | share a project                          | read team         | project_not_found       |   y     y       -        -      -
  revoke_project_share         | share a project                          | read team         | share_not_found         |   y     y       -        -      -
  list_project_shares          | share a project                          | read              | project_not_found       |   y     y       -        -      -
  list_licences                | see org, members, projects, licences     | read              | answered                |   y     y       y        y      y
  get_licence                  | see org, members, projects, licences     | read              | licence_not_found       |   y     y       y        y      y
  activate_licence             | activate, move, deactivate licences      | read projects     | licence_not_found       |   y     y       y        -      -
  move_activation              | activate, move, deactivate licences      | read projects     | licence_not_found       |   y     y       y        -      -
  deactivate_licence           | activate, move, deactivate licences      | read projects     | licence_not_found       |   y     y       y        -      -
  get_cart                     | fill the cart, ask for a quote           | read buy          | answered                |   y     y       y        y      -
  add_to_cart                  | fill the cart, ask for a quote           | read buy          | package_not_found       |   y     y       y        y      -
  remove_from_cart             | fill the cart, ask for a quote           | read buy          | answered                |   y     y       y        y      -
  quote_cart                   | fill the cart, ask for a quote           | read buy          | project_not_found       |   y     y       y        y      -
  checkout_cart                | buy, add a payment method                | read projects buy | answered                |   y     y       -        y      -
  list_orders                  | see orders, invoices, prices paid        | read              | answered                |   y     y       y        y      -
  get_order                    | see orders, invoices, prices paid        | read              | order_not_found         |   y     y       y        y      -
  list_invoices                | see orders, invoices, prices paid        | read              | answered                |   y     y       y        y      -
  get_invoice                  | see orders, invoices, prices paid        | read              | invoice_not_found       |   y     y       y        y      -
  list_payment_methods         | buy, add a payment method                | read buy          | answered                |   y     y       -        y      -
  start_add_payment_method     | buy, add a payment method                | read buy          | answered                |   y     y       -        y      -
  list_git_integrations        | vendor side                              | read publish      | answered                |   y     y       y        -      -
  list_git_repositories        | vendor side                              | read publish      | git_integration_not_found |   y     y       y        -      -
  start_git_integration        | vendor side: integrations                | read publish      | answered                |   y     y       -        -      -
  update_package               | vendor side: prices                      | read publish      | package_not_found       |   y     y       -        -      -
  set_package_visibility       | vendor side: visibility                  | read publish      | package_not_found       |   y     y       -        -      -
  sync_package                 | vendor side                              | read publish      | answered                |   y     y       y        -      -
  list_version_checks          | vendor side                              | read publish      | package_not_found       |   y     y       y        -      -
  list_missing_dependencies    | vendor side                              | read publish      | answered                |   y     y       y        -      -
  withdraw_version             | vendor side                              | read publish      | version_not_found       |   y     y       y        -      -
  get_operation                | one's own                                | read              | operation_not_found     |   y     y       y        y      y
  list_operations              | one's own                                | read              | answered                |   y     y       y        y      y
  cancel_operation             | one's own                                | read              | operation_not_found     |   y     y       y        y      y
`)

interface Row {
  tool: string
  scopes: Scope[]
  /** `answered`, or the code of the refusal. */
  finds: string
  may: Role[]
}

function rows(table: string): Row[] {
  const [, ...lines] = table.trim().split('\n')
  return lines.map((line) => {
    const [tool = '', , scopes = '', finds = '', marks = ''] = line.split('|').map((cell) => cell.trim())
    const may = marks.split(/\s+/).map((mark) => mark === 'y')
    return { tool, scopes: scopes.split(' ') as Scope[], finds, may: ROLES.filter((_, i) => may[i]) }
  })
}

const named = (some: Row[]) => some.map(({ tool }) => tool)

let database: Awaited<ReturnType<typeof aDatabase>>
let door: McpDoor
beforeAll(async () => {
  database = await aDatabase()
  door = await aMcpDoor({ db: database.db })
})
afterAll(async () => {
  await door.close()
  await database.close()
})

test('the role table has every tool, in the order of the tool list', () => {
  const names = tools.map(({ name }) => name)
  const without = names.filter((name) => !named(TABLE).includes(name))
  expect(without, 'tools without a row in the table of role-matrix.test.ts').toEqual([])
  expect(named(TABLE), 'the rows are in the order of src/mcp/tools/index.ts').toEqual(names)
})

describe.for(ROLES)('a person with the role %s', (role) => {
  let client: McpClient
  let person: Awaited<ReturnType<typeof aPerson>>
  beforeAll(async () => {
    person = await aPerson(database.db, { role })
    client = await aModernClient(door, person.token)
  })
  afterAll(() => client.close())

  test(`the tool list contains exactly the tools that the role ${role} may use`, async () => {
    const { tools: listed } = await client.listTools()

    expect(listed.map(({ name }) => name)).toEqual(named(TABLE.filter(({ may }) => may.includes(role))))
  })

  test.for(TABLE.filter(({ may }) => may.includes(role)))(
    `the role ${role} may call $tool and gets: $finds`,
    async ({ tool, finds }) => {
      const answer = await client.call(tool, inputFor(tool))

      expect(answer.structuredContent ? 'answered' : errorIn(answer).code).toBe(finds)
    },
  )

  test.for(TABLE.filter(({ may }) => !may.includes(role)))(
    `the role ${role} may not call $tool, and the refusal names the roles that may`,
    async ({ tool, may }) => {
      const error = errorIn(await client.call(tool, inputFor(tool)))

      expect(error).toMatchObject({
        code: 'not_allowed',
        next_step: expect.stringContaining(
          `Ask a member with one of these roles to do it: ${may.join(', ')}.`,
        ),
        retryable: false,
      })
    },
  )

  test('a person sees the tools of all their roles, and may use each only in the org of the role', async () => {
    const other = await joins(database.db, person, 'developer')
    const mine = await joins(database.db, person, 'viewer')

    // a new client, because a client caches its list for a minute
    const fresh = await aModernClient(door, person.token)
    const { tools: listed } = await fresh.listTools()
    await fresh.close()

    const either = TABLE.filter(({ may }) => may.includes(role) || may.includes('developer'))
    expect(listed.map(({ name }) => name)).toEqual(named(either))
    const create = (org: string) => client.call('create_project', { name: 'A shop', org })
    expect((await create(other.slug)).structuredContent).toMatchObject({ org: other.slug })
    expect(errorIn(await create(mine.slug))).toMatchObject({ code: 'not_allowed' })
  })
})

describe.for(SCOPES)('a connection with the scope %s besides read', (scope) => {
  const scopes = [...new Set<Scope>(['read', scope])]
  const covered = (row: Row) => row.scopes.every((each) => scopes.includes(each))

  test(`an owner whose connection has the scope ${scope} sees the tools it covers, and a call of another tool asks for its scopes`, async () => {
    const owner = await aPerson(database.db)
    const { token } = await aConnection(database.db, {
      customer: owner.customer,
      activeOrg: owner.org.id,
      scopes,
    })
    const client = await aModernClient(door, token)
    const { tools: listed } = await client.listTools()
    await client.close()

    expect(listed.map(({ name }) => name)).toEqual(named(TABLE.filter(covered)))
    for (const row of TABLE.filter((each) => !covered(each))) {
      const call = older('tools/call', { name: row.tool, arguments: inputFor(row.tool) })
      const { status, headers } = await send(door, { token, ...call })
      expect([row.tool, status]).toEqual([row.tool, 403])
      const requested = SCOPES.filter((each) => scopes.includes(each) || row.scopes.includes(each))
      expect(headers['www-authenticate']).toContain(`scope="${requested.join(' ')}"`)
    }
  })
})
