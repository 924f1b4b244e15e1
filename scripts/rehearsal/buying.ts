import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { connectAs, discover, register } from '../../sandbox/oauth-client.ts'
import { SANDBOX_PASSWORD } from '../../sandbox/seed/cast.ts'
import { aModernClient, type McpClient } from '../../test/support/mcp-clients.ts'

/** A person signs in, and allows an application to work for this org. */
export async function aClient(publicUrl: string, email: string, org: string): Promise<McpClient> {
  const server = await discover(`${publicUrl}/mcp`)
  const { client_id: clientId } = await register(server)
  const person = { email, password: SANDBOX_PASSWORD }
  const { access_token } = await connectAs({ server, clientId, person, consent: { profile: 'all', org } })
  return aModernClient({ url: new URL(server.resource) }, access_token)
}

/** Buys one package `count` times, each with a new key, all at the same time. Returns how many ms each took. */
export function purchases(clients: readonly McpClient[], count: number): Promise<number[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const client = clients[i % clients.length] as McpClient
      const began = performance.now()
      const input = {
        packages: ['fabrikam/module-labels'],
        new_project: { name: `Shop ${randomUUID()}` },
        idempotency_key: randomUUID(),
      }
      let { structuredContent: operation, content } = await again(
        client,
        'purchase_and_install_package',
        input,
      )
      while (operation?.status === 'running')
        ({ structuredContent: operation, content } = await again(client, 'get_operation', {
          operation_id: operation.operation_id,
          wait_ms: 5_000,
        }))
      assert.equal(operation?.status, 'completed', JSON.stringify(operation ?? content))
      return Math.round(performance.now() - began)
    }),
  )
}

/** As a client does whose connection breaks while a server is replaced: the same call once more. */
async function again(client: McpClient, tool: string, input: Record<string, unknown>) {
  for (let tries = 1; ; tries++)
    try {
      return await client.call(tool, input)
    } catch (e) {
      if (tries === 5) throw e
      await sleep(200)
    }
}

export function moneyAt(stripe: string, databaseUrl: string) {
  return {
    /** Fails unless bank and database have `count` payments, and as many active licences. */
    async agreed(count: number): Promise<string> {
      const { totals } = (await (await fetch(`${stripe}/_sim/money`)).json()) as {
        totals: { succeeded_charges: number }
      }
      const client = new pg.Client({ connectionString: databaseUrl })
      await client.connect()
      const { rows } = await client.query<{ charged: number; licences: number; open: number }>(
        `select (select count(*) from charges where state = 'succeeded')::int as charged,
                (select count(*) from licences where status = 'active')::int as licences,
                (select count(*) from operations where status = 'running')::int as open`,
      )
      await client.end()
      const found = { bank: totals.succeeded_charges, ...rows[0] }
      assert.deepEqual(found, { bank: count, charged: count, licences: count, open: 0 })
      return `${count} charges at the bank, ${count} licences`
    },
  }
}
