import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { audit, exportChain, headsHash, verifyAllChains, verifyExport } from '#domain/audit'
import { mintId } from '#kernel/ids'
import { openLogger } from '#platform/logger'
import { inTransaction } from '#platform/transactions'
import { startAuditAnchor } from '../../../src/relay/audit-anchor.ts'
import { aScript, aScriptHere } from '../../support/a-script.ts'
import { aDatabase } from '../../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let dir: string
beforeAll(async () => {
  database = await aDatabase()
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'audit-'))
})
afterAll(async () => {
  fs.rmSync(dir, { recursive: true, force: true })
  await database.close()
})

/** Runs `npm run audit:verify` without npm. */
const verify = (...files: string[]) =>
  aScriptHere('audit-verify', files, { DATABASE_URL: database.url, DATA_DIR: dir })

async function aChain(length: number) {
  const org = mintId('org', Date.now(), Math.random)
  const chain = `org:${org}` as const
  for (let n = 1; n <= length; n++) await audit(database.db, { chain, action: `deed_${n}`, outcome: 'done' })
  return chain
}

/** The file of a chain with `length` events. The last one is about the file. */
async function aFile(length: number, change: (lines: string[]) => string[] = (lines) => lines) {
  const chain = await aChain(length - 1)
  const actor = { customer: mintId('cst', Date.now(), Math.random) }
  const lines: string[] = []
  for await (const line of await exportChain(database.db, { chain, actor })) lines.push(JSON.stringify(line))
  const file = path.join(dir, `${lines.length}-${Math.random()}.ndjson`)
  fs.writeFileSync(file, `${change(lines).join('\n')}\n`)
  return { chain, file }
}

const swapped = ([first = '', second = '', ...rest]: string[]) => [second, first, ...rest]
const without = (index: number) => (lines: string[]) => lines.toSpliced(index, 1)
const changed = (index: number, from: RegExp, to: string) => (lines: string[]) =>
  lines.with(index, (lines[index] ?? '').replace(from, to))

describe('a downloaded audit log', () => {
  test('a downloaded audit log that nobody changed is intact', async () => {
    const { chain, file } = await aFile(5)

    expect(await aScript('audit-verify', [file])).toEqual({
      status: 0,
      output: `${chain}: intact, 5 events.\n`,
    })
  })

  test.for([
    ['a byte of the third event is changed', changed(2, /deed_3/, 'deed_X'), 3],
    ['a byte of a hash is changed', changed(2, /"hash":"./, '"hash":"x'), 3],
    ['the second event is dropped', without(1), 2],
    ['the first event is dropped', without(0), 1],
    ['the first two events are swapped', swapped, 1],
    ['the last event is dropped', without(4), 5],
    ['the head is dropped', without(5), 6],
    ['the number in the head is changed', changed(5, /"seq":5/, '"seq":6'), 6],
    ['the hash in the head is changed', changed(5, /"hash":"..../, '"hash":"0000'), 6],
    ['the chain in the head is changed', changed(5, /org:/, 'customer:'), 6],
    ['the last line is cut off', changed(5, /.{9}$/, ''), 6],
    ['an event follows the head', (lines: string[]) => [...lines, lines[4] ?? ''], 6],
    ['a line is no JSON', changed(1, /^/, '?'), 2],
    ['a line is null', changed(1, /^.*$/, 'null'), 2],
  ] as const)('the check of a file names the chain and the first fault when %s', async ([, change, at]) => {
    const { chain, file } = await aFile(5, change)

    const lines = createInterface({ input: fs.createReadStream(file), crlfDelay: Infinity })
    expect(await verifyExport(lines)).toMatchObject({ intact: false, chain, brokenAt: at })
  })

  test('the command prints the chain and the first fault of a file, and fails', async () => {
    const { chain, file } = await aFile(5, without(1))

    expect(await verify(file)).toEqual({ status: 1, output: `${chain}: broken at event 2.\n` })
  })

  test('an empty file is not intact', async () => {
    const { file } = await aFile(2, () => [])

    expect(await verify(file)).toEqual({ status: 1, output: 'The file: broken at event 1.\n' })
  })

  test('the check of a file that does not exist ends with another exit code than the check of a broken file', async () => {
    expect(await verify('no-such-file')).toEqual({ status: 2, output: 'There is no file no-such-file.\n' })
  })
})

describe('the audit log of the database', () => {
  test('the check of the database counts its chains and events, and prints the hash over all heads', async () => {
    await aChain(3)
    const { chains, hash } = await headsHash(database.db)

    const { status, output } = await verify()

    expect([status, output]).toEqual([0, output])
    expect(output).toMatch(new RegExp(`^${chains} chains, \\d+ valid events, all intact\\.\n`))
    expect(output).toContain(`${chains} chains: ${hash}\n`)
  })

  test.for([
    [
      'a byte is changed',
      `update audit_events set body = replace(body, 'deed_3', 'deed_X') where seq = 3`,
      3,
    ],
    ['a row is dropped', 'delete from audit_events where seq = 2', 2],
    ['the last row is dropped', 'delete from audit_events where seq = 4', 4],
    ['the head is changed', `update audit_chains set hash = sha256('x')`, 5],
    ['the number in the head is changed', 'update audit_chains set seq = 5', 5],
    [
      'two rows are swapped',
      `update audit_events set seq = case seq when 2 then 3002 when 3 then 3003 else seq end where seq in (2, 3);
       update audit_events set seq = case seq when 3002 then 3 when 3003 then 2 else seq end where seq > 3000`,
      2,
    ],
  ] as const)(
    'the check of the database names the chain and the first fault when %s',
    async ([, statements, at]) => {
      const chain = await aChain(4)
      const { hash } = await headsHash(database.db)

      await inTransaction(database.db, async (tx) => {
        await sql`alter table audit_events disable trigger user`.execute(tx)
        await sql`alter table audit_events drop constraint if exists audit_events_check`.execute(tx)
        for (const statement of statements.split(';'))
          await sql
            .raw(`${statement} ${statement.includes(' where ') ? 'and' : 'where'} chain = '${chain}'`)
            .execute(tx)
        await sql`alter table audit_events enable trigger user`.execute(tx)
      })

      const faults: object[] = []
      for await (const verdict of verifyAllChains(database.db)) if (!verdict.intact) faults.push(verdict)
      expect(faults).toContainEqual(expect.objectContaining({ chain, brokenAt: at }))
      const isHeadChanged = (await headsHash(database.db)).hash !== hash
      expect(isHeadChanged).toBe(statements.includes('audit_chains'))
    },
  )
})

test('the command prints each broken chain of the database, and fails', async () => {
  const chain = await aChain(4)
  await inTransaction(database.db, async (tx) => {
    await sql`alter table audit_events disable trigger user`.execute(tx)
    await sql`delete from audit_events where seq = 2 and chain = ${chain}`.execute(tx)
    await sql`alter table audit_events enable trigger user`.execute(tx)
  })

  const { status, output } = await verify()

  expect([status, output]).toEqual([1, expect.stringContaining(`${chain}: broken at event 2.\n`)])
  expect(output).toMatch(/ \d+ broken\.\n/)
})

describe('the daily line in the log', () => {
  test('the hash over all heads is logged at the start and every day, and changes with each event', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const lines: { hash?: string; msg?: string }[] = []
    const log = openLogger({
      level: 'info',
      destination: { write: (line) => void lines.push(JSON.parse(line)) },
    })
    const anchor = startAuditAnchor({ db: database.db, log })
    await vi.waitUntil(() => lines.length === 1)
    await aChain(1)

    vi.advanceTimersByTime(24 * 3_600_000)
    await vi.waitUntil(() => lines.length === 2)

    await anchor.stop()
    vi.useRealTimers()
    expect(lines.map(({ msg }) => msg)).toEqual(Array(2).fill('the hash over the heads of all audit chains'))
    expect(lines[1]?.hash).toBe((await headsHash(database.db)).hash)
    expect(lines[0]?.hash).not.toBe(lines[1]?.hash)
  })
})
