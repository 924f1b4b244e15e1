// npm run eval:tools [-- --write | --print | --verbose]: plays everyday tasks by nothing but the list of tools, against a
// deployment of its own, and compares with docs/eval-tools.md. Exits 1 when a task has more dead ends or a tenth more
// tokens. --write replaces the table, --print only prints it.
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { createConnection, mintAccessToken } from '#domain/connections'
import { SCOPES } from '#domain/orgs'
import { mintId } from '#kernel/ids'
import { root } from '../sandbox/settings.ts'
import { clientOf } from './eval/client.ts'
import { play } from './eval/play.ts'
import { type Row, rowsIn, tableOf, worse } from './eval/table.ts'
import { TASKS } from './eval/tasks.ts'
import { type Deployment, startDeployment } from './prove/deployment.ts'

const PAGE = path.join(root, 'docs/eval-tools.md')
const BYTES_OF_A_TOKEN = 4

const { values: options } = parseArgs({
  options: { write: { type: 'boolean' }, print: { type: 'boolean' }, verbose: { type: 'boolean' } },
})
const deployment = await startDeployment()
process.once('SIGINT', () => void deployment.stop().then(() => process.exit(130)))
try {
  report(await rowsOf(deployment))
} finally {
  await deployment.stop()
}

function report(rows: readonly Row[]): void {
  const table = tableOf(rows)
  console.log(table)
  if (options.print) return
  const page = fs.readFileSync(PAGE, 'utf8')
  if (options.write) {
    const [before = ''] = page.split('## Now\n')
    fs.writeFileSync(PAGE, `${before}## Now\n\n${table}\n`)
    return
  }
  const faults = worse(rowsIn(page, 'Now'), rows)
  for (const fault of faults) console.log(`WORSE ${fault}`)
  if (faults.length) process.exitCode = 1
  else console.log('No task got worse.')
}

async function rowsOf(at: Deployment): Promise<Row[]> {
  const people = new Map<string, Awaited<ReturnType<typeof aPlayer>>>()
  const rows: Row[] = []
  for (const { id, as, done, ...task } of TASKS) {
    const person = people.get(as) ?? (await aPlayer(at, as))
    people.set(as, person)
    const { calls, bytes, deadEnds, transcript } = await play(person.client, person.tools, task)
    if (!deadEnds.length && !done.test(transcript)) deadEnds.push('it ended without what was asked for')
    if (options.verbose)
      console.error(`${id}: ${deadEnds.join(' | ') || 'ok'}\n${transcript.slice(0, 2_000)}`)
    rows.push({ task: id, calls, tokens: Math.round(bytes / BYTES_OF_A_TOKEN), deadEnds: deadEnds.length })
  }
  const list = people.get('buyer')?.listBytes ?? 0
  const tokens = Math.round(list / BYTES_OF_A_TOKEN)
  return [{ task: 'tools/list', calls: 1, tokens, deadEnds: 0 }, ...rows]
}

/** A person of the demo market with a connected assistant that has read the list of tools. */
async function aPlayer({ db, publicUrl }: Deployment, name: string) {
  const at = new Date()
  const { id: customer, org } = await db
    .selectFrom('customers as c')
    .innerJoin('org_members as m', 'm.customer_id', 'c.id')
    .select(['c.id', 'm.org_id as org'])
    .where('c.email_norm', '=', `${name}@example.test`)
    .orderBy('m.joined_at')
    .executeTakeFirstOrThrow()
  const connection = mintId('con', at, Math.random)
  const program = { clientId: 'https://client.example/metadata.json', clientName: 'A plain loop' }
  await createConnection(db, { id: connection, ...program, customer, activeOrg: org, scopes: SCOPES, at })
  const token = await mintAccessToken(db, { connection, aud: `${publicUrl}/mcp`, ttl: 3600, at })
  const client = clientOf(publicUrl, token)
  const { tools, bytes: listBytes } = await client.list()
  return { client, tools, listBytes }
}
