// npm run test:clients [-- --show] [-- NAME …]: runs real MCP clients against a sandbox. Exits 1 when one fails.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { aCardholder } from '../test/real-clients/cardholder.ts'
import { keepDocuments } from '../test/real-clients/documents.ts'
import { CLIENTS } from '../test/real-clients/index.ts'
import { aPerson } from '../test/real-clients/person.ts'
import { prove } from '../test/real-clients/prove.ts'
import { shownBy, tableOf } from '../test/real-clients/table.ts'
import { aWire } from '../test/real-clients/wire.ts'
import { freePort } from '../sandbox/engines/process.ts'
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
fs.chmodSync(dir, 0o755) // under root, Postgres runs as another user
const port = String(await freePort())
const wire = await aWire(`http://127.0.0.1:${port}`)
// clients find the issuer by the address of the MCP endpoint, so the sandbox has the address of the recorder
const line = ['env', `PUBLIC_URL=${wire.url}`, process.execPath, 'sandbox/start.ts']
const starting = [aSandbox(path.join(dir, 'data'), port, line), aCardholder()] as const
let cleaning: Promise<void> | undefined
// the sandbox is in a process group of its own, which a Ctrl-C does not reach
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void cleanUp().finally(() => process.exit(1)))
try {
  const [sandbox, buyer] = await Promise.all(starting)
  await keepDocuments(sandbox.where.database_url)
  const token = await sandbox.connect('--as', buyer.account)
  const tools = await toolsAt(sandbox.where.mcp, token)
  const person = aPerson(buyer.account)
  const outcomes = []
  for (const client of clients) {
    const outcome = await prove(client, { wire, person, token, tools, dir, buyer })
    outcomes.push(outcome)
    if (values.show) console.log(shownBy(outcome))
  }
  console.log(tableOf(outcomes))
  if (outcomes.some(({ failure }) => failure)) process.exitCode = 1
} finally {
  await cleanUp()
}

function cleanUp(): Promise<void> {
  return (cleaning ??= endAll())
}

/** Ends everything that has started or is still starting. */
async function endAll(): Promise<void> {
  const [sandbox, buyer] = await Promise.allSettled(starting)
  if (buyer.status === 'fulfilled') await buyer.value.close()
  if (sandbox.status === 'fulfilled') await sandbox.value.interrupt()
  wire.close()
  fs.rmSync(dir, { recursive: true, force: true })
}

/** Returns the names of all tools that a client has to list. */
async function toolsAt(mcp: string, token: string): Promise<string[]> {
  const client = await aModernClient({ url: new URL(mcp) }, token)
  const { tools } = await client.listTools()
  await client.close()
  return tools.map(({ name }) => name)
}
