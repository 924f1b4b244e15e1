import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { expect } from 'vitest'
import { aProject } from '../support/a-market.ts'
import { type Assistant, type Shop, timeSkippingServer, type ToolResponse } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'

const test = storyTest().skipIf(!timeSkippingServer)

test(
  'connections to Postgres that die in the middle of transactions end no process, and each purchase ends as one',
  { timeout: 60_000 },
  async ({ shop, buyer }) => {
    const inputs = await Promise.all(Array.from({ length: 4 }, () => wanted(shop)))
    let isOver = false
    let killed = 0
    const killing = (async () => {
      while (!isOver && killed < 20) {
        killed += await killConnections(shop)
        await sleep(40)
      }
    })()

    const responses = await Promise.all(inputs.map((input) => buysDespiteOutages(buyer, input)))
    isOver = true
    await killing

    expect(killed).toBeGreaterThan(4)
    for (const { status, error } of responses)
      expect(status === 'completed' || error.code === 'temporarily_unavailable').toBe(true)
  },
)

const wanted = async ({ market }: Shop) => ({
  packages: ['northwind/module-search'],
  project: (await aProject(market)).id,
  idempotency_key: randomUUID(),
})

/** Ends the connections that are in a transaction or in a statement. Returns how many. */
async function killConnections({ db }: Shop): Promise<number> {
  try {
    const { rows } = await sql<{ killed: boolean }>`
      select pg_terminate_backend(pid) as killed from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'`.execute(db)
    return rows.length
  } catch {
    // another one ended this connection
    return 0
  }
}

/** Repeats the purchase with its key while the doors meet an outage, as an assistant does. */
async function buysDespiteOutages(buyer: Assistant, input: Record<string, unknown>): Promise<ToolResponse> {
  for (;;) {
    const response = await buyer.buys(input).catch(() => undefined)
    if (response?.status && response.status !== 'running') return response
    await sleep(100)
  }
}
