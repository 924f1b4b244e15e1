// npm run test:clients [-- --show] [-- NAME …]: real MCP clients against a sandbox. It exits 1 when one fails.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { aCardholder } from '../test/real-clients/cardholder.ts'
import { CLIENTS } from '../test/real-clients/index.ts'
import { prove } from '../test/real-clients/prove.ts'
import { shownBy, tableOf } from '../test/real-clients/table.ts'
import { aSandbox } from '../test/support/a-sandbox.ts'
import { aModernClient } from '../test/support/mcp-clients.ts'
import { installInto } from './install-into.ts'

const options = { show: { type: 'boolean', default: false } } as const
const { values, positionals } = parseArgs({ options, allowPositionals: true })
const wanted = ({ name }: { name: string }) =>
  !positionals.length || positionals.some((begin) => name.toLowerCase().startsWith(begin.toLowerCase()))
const clients = CLIENTS.filter(wanted)
if (!clients.length) throw new Error(`there are ${CLIENTS.map(({ name }) => name).join(', ')}`)

await installInto('tools/real-clients', 'real MCP clients, over a gigabyte')
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'real-clients-'))
fs.chmodSync(dir, 0o755) // root's Postgres runs as somebody else
const sandbox = await aSandbox(path.join(dir, 'data'))
const buyer = await aCardholder()
// it is in a group of its own, so that a Ctrl-C would leave it behind
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void cleanUp().finally(() => process.exit(1)))
try {
  const token = await sandbox.connect('--as', buyer.account)
  const tools = await toolsFor(token)
  const outcomes = []
  for (const client of clients) {
    const outcome = await prove(client, { mcp: sandbox.where.mcp, token, tools, dir, buyer })
    outcomes.push(outcome)
    if (values.show) console.log(shownBy(outcome))
  }
  console.log(tableOf(outcomes))
  if (outcomes.some(({ failure }) => failure)) process.exitCode = 1
} finally {
  await cleanUp()
}

async function cleanUp(): Promise<void> {
  await buyer.close()
  await sandbox.interrupt()
  fs.rmSync(dir, { recursive: true, force: true })
}

/** What a client is to list. */
async function toolsFor(token: string): Promise<string[]> {
  const client = await aModernClient({ url: new URL(sandbox.where.mcp) }, token)
  const { tools } = await client.listTools()
  await client.close()
  return tools.map(({ name }) => name)
}
