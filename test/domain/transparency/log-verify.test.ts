import { createHash, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { publishVersion } from '#domain/publishing'
import { mintId } from '#kernel/ids'
import { openSecrets } from '#platform/secrets'
import { inTransaction } from '#platform/transactions'
import { logAt } from '../../../scripts/log-verify/source.ts'
import { type Seen, verifyEverything, verifyZip } from '../../../scripts/log-verify/verify.ts'
import { aScript, aScriptHere } from '../../support/a-script.ts'
import { aMarket, type Market } from '../../support/a-market.ts'
import { anApp } from '../../support/an-app.ts'
import { aDatabase } from '../../support/database.ts'

const secrets = openSecrets({ key: randomBytes(32).toString('base64') })
const NOW = new Date('2026-11-23T10:00:00Z')

/** A market whose log is read by injected requests. Its owner can change rows that the database protects. */
async function aLog() {
  const database = await aDatabase('market')
  const market = await aMarket(database.db)
  const { app } = await anApp(database.db, { secrets })
  return {
    app,
    market,
    db: database.db,
    log: logAt('', over(app)),
    byHand: (...statements: readonly string[]) =>
      inTransaction(database.db, async (tx) => {
        await sql`set local session_replication_role = replica`.execute(tx)
        for (const statement of statements) await sql.raw(statement).execute(tx)
      }),
    async close() {
      await app.close()
      await database.close()
    },
  }
}

function over(app: FastifyInstance): typeof fetch {
  return async (asked) => {
    const url = asked instanceof Request ? asked.url : asked.toString()
    const answer = await app.inject({ url, headers: { host: 'market.example' } })
    return new Response(answer.body, { status: answer.statusCode })
  }
}

async function publish(market: Market, tag: string) {
  await publishVersion(market.db, {
    id: mintId('ver', NOW, Math.random),
    packageId: market.package('northwind/suite'),
    tag,
    commitSha: 'c'.repeat(40),
    treeSha: 'd'.repeat(40),
    committedAt: NOW,
    releasedAt: NOW,
    manifest: { name: 'northwind/suite', type: 'metapackage', require: {} },
  })
}

/** Deletes the tree and places all entries again, in the order of `leaf`, so that the head is signed as always. */
const GROW_AGAIN = [
  'create temporary table kept on commit drop as select leaf, deed, package, zip_sha256, body from transparency_entries',
  'delete from transparency_entries',
  'delete from transparency_nodes',
  "update transparency_head set size = 0, root = sha256('')",
  'set local session_replication_role = origin',
  'insert into transparency_entries (deed, package, zip_sha256, body) select deed, package, zip_sha256, body from kept order by leaf',
]
const CHANGE = `update transparency_entries set body = replace(body, 'northwind', 'eviltwind') where leaf = 5`
const DROP = 'delete from transparency_entries where leaf = 5'
const RENUMBER = [
  'update transparency_entries set leaf = leaf + 10000 where leaf > 5',
  'update transparency_entries set leaf = leaf - 10001 where leaf > 5',
  "insert into transparency_entries (leaf, deed, package, body) select max(leaf) + 1, 'x', 'a/b', '{}' from transparency_entries",
]
const SWAP = [
  'update transparency_entries set leaf = 1000 where leaf = 5',
  'update transparency_entries set leaf = 5 where leaf = 6',
  'update transparency_entries set leaf = 6 where leaf = 1000',
]

describe('checking the transparency log from outside', () => {
  let at: Awaited<ReturnType<typeof aLog>>
  beforeEach(async () => {
    at = await aLog()
    return () => at.close()
  })

  test('an honest log passes, and passes again after it has grown', async () => {
    const first = await verifyEverything(at.log)
    await publish(at.market, 'v9.0.0')
    await publish(at.market, 'v9.0.1')
    const second = await verifyEverything(at.log, first.seen)
    const third = await verifyEverything(at.log, second.seen)
    expect(second.head.size).toBe(first.head.size + 2)
    expect(third.head).toEqual(second.head)
  })

  test.for([
    ['a changed entry', [CHANGE], 'Entry 5 was changed.'],
    ['a dropped entry', [DROP], 'Entry 5 is missing from the feed.'],
    ['two swapped entries', SWAP, 'Entries 5 and 6 were swapped.'],
    ['a dropped entry behind which others were renumbered', [DROP, ...RENUMBER], 'Entry 5 was dropped.'],
  ] as const)('%s is named, although nobody has checked the log before', async ([, statements, fault]) => {
    await at.byHand(...statements)
    await expect(verifyEverything(at.log)).rejects.toThrow(fault)
  })

  test.for([
    ['a changed entry', [CHANGE], 'Entry 5 was changed.'],
    ['a dropped entry', [DROP], 'Entry 5 was dropped.'],
    ['two swapped entries', SWAP, 'Entries 5 and 6 were swapped.'],
  ] as const)(
    '%s is named when the whole tree was made again and signed, because it contradicts an earlier check',
    async ([, statements, fault]) => {
      const { seen } = await verifyEverything(at.log)
      await at.byHand(...statements, ...GROW_AGAIN)
      // nothing in the log itself is wrong now
      await verifyEverything(at.log)
      await expect(verifyEverything(at.log, seen)).rejects.toThrow(fault)
    },
  )

  test('a forked head is named when only the earlier head is known', async () => {
    const { seen } = await verifyEverything(at.log)
    const headOnly: Seen = { ...seen, leaves: '' }
    await at.byHand(CHANGE, ...GROW_AGAIN)
    await expect(verifyEverything(at.log, headOnly)).rejects.toThrow('The head is forked')
    await publish(at.market, 'v9.0.0')
    await expect(verifyEverything(at.log, headOnly)).rejects.toThrow('The head is forked')
  })

  test('a log that has shrunk is named', async () => {
    await publish(at.market, 'v9.0.0')
    const { seen } = await verifyEverything(at.log)
    await at.byHand(
      'delete from transparency_entries where leaf = (select max(leaf) from transparency_entries)',
      ...GROW_AGAIN,
    )
    await expect(verifyEverything(at.log, { ...seen, leaves: '' })).rejects.toThrow('The log has shrunk')
  })

  test('a head with another root, size or key is not accepted', async () => {
    const { seen } = await verifyEverything(at.log)
    const honest = await at.log.head()
    const forged = { ...at.log, head: async () => honest.replace(/\n\d+\n/, '\n3\n') }
    await expect(verifyEverything(forged)).rejects.toThrow('not signed by the key')
    await at.byHand('delete from transparency_key')
    const { app } = await anApp(at.db, { secrets })
    const other = logAt('', over(app))
    await expect(verifyEverything(other, seen)).rejects.toThrow('The log has another key than before.')
    await app.close()
  })

  test('a zip is proved by its hash, and a zip that was never published is refused', async () => {
    const { zip_sha256, label } = await at.db
      .selectFrom('versions')
      .select(['zip_sha256', 'label'])
      .where('package_id', '=', at.market.package('northwind/module-search'))
      .orderBy('id')
      .executeTakeFirstOrThrow()
    const { entries, head } = await verifyZip(at.log, zip_sha256 ?? '')
    expect(entries).toMatchObject([
      { kind: 'version_published', package: 'northwind/module-search', version: label },
    ])
    expect(head.size).toBeGreaterThan(10)
    await expect(verifyZip(at.log, '0'.repeat(64))).rejects.toThrow('no publication of a zip')

    await at.byHand(
      `update transparency_entries set zip_sha256 = '${'0'.repeat(64)}' where leaf = (select min(leaf) from transparency_entries where zip_sha256 <> '${zip_sha256}')`,
    )
    await expect(verifyZip(at.log, '0'.repeat(64))).rejects.toThrow('no publication of a zip')
    await at.byHand(`update transparency_entries set body = replace(body, 'commit', 'c0mmit')`)
    await expect(verifyZip(at.log, zip_sha256 ?? '')).rejects.toThrow('is not in the signed log')
  })
})

describe('npm run log:verify', () => {
  let at: Awaited<ReturnType<typeof aLog>>
  let origin: string
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'log-verify-'))
  beforeAll(async () => {
    at = await aLog()
    origin = await at.app.listen({ port: 0, host: '127.0.0.1' })
  })
  afterAll(async () => {
    await at.close()
    fs.rmSync(folder, { recursive: true })
  })

  const seen = path.join(folder, 'seen.json')
  const run = (...args: string[]) => aScriptHere('log-verify', args)

  test('the command says what it checked, remembers it, and fails when the log was changed meanwhile', async () => {
    const first = await aScript('log-verify', [origin, '--seen', seen])
    const second = await run(origin, '--seen', seen)
    const zip = path.join(folder, 'stranger.zip')
    fs.writeFileSync(zip, 'not ours')
    const stranger = await run(origin, '--seen', seen, '--zip', zip)
    await at.byHand(CHANGE)
    const changed = await run(origin, '--seen', seen)
    const usage = await run('--nonsense')
    const nowhere = await run('http://127.0.0.1:1', '--seen', seen)

    expect(first).toMatchObject({
      status: 0,
      output: expect.stringContaining('This is the first check.') as string,
    })
    expect(second).toMatchObject({
      status: 0,
      output: expect.stringContaining('continues what an earlier') as string,
    })
    const hash = createHash('sha256').update('not ours').digest('hex')
    expect(stranger).toEqual({
      status: 1,
      output: `The log has no publication of a zip with the SHA-256 ${hash}.\n`,
    })
    expect(changed).toEqual({
      status: 1,
      output: 'Entry 5 was changed. An earlier check saw something else.\n',
    })
    expect([usage.status, usage.output]).toEqual([2, expect.stringContaining('usage:')])
    expect(nowhere).toEqual({ status: 2, output: 'http://127.0.0.1:1 cannot be reached.\n' })
  })
})
