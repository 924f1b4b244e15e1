import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { syncRun } from '#contracts/ids'
import { askForDueSyncs, askForSync, endSync } from '#domain/publications'
import { mintId } from '#kernel/ids'
import { startDueSyncs } from '../../../src/relay/due-syncs.ts'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aSilentLog } from '../../support/a-silent-log.ts'
import { aDatabase } from '../../support/database.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const START = Date.UTC(2026, 0, 1)
const at = (ms: number) => new Date(START + ms)

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
})
afterAll(() => database.close())

/** A package whose only look at its tags was at `START`. */
async function aLookedAtPackage(name: string, { hasHook }: { hasHook: boolean }) {
  const { db } = database
  await db.deleteFrom('package_syncs').execute()
  await db.deleteFrom('outbox').execute()
  const packageId = market.package(name)
  await db.deleteFrom('package_hooks').where('package_id', '=', packageId).execute()
  await db
    .insertInto('package_hooks')
    .values({
      id: mintId('hok', START, Math.random),
      package_id: packageId,
      kind: 'gitea',
      host: 'git.example',
      repository_id: '1',
      key_id: 'k',
      sealed: Buffer.alloc(1),
      host_hook_id: hasHook ? '1' : null,
      created_at: at(0),
    })
    .execute()
  const asked = await askForSync(db, { run: syncRun(packageId), at: at(0) })
  await endSync(db, { packageId, asked, at: at(0) })
  await db.deleteFrom('outbox').execute()
  return packageId
}

const ask = (ms: number) => askForDueSyncs(database.db, { runOf: syncRun, at: at(ms) })
const started = async () => {
  const rows = await database.db.selectFrom('outbox').select('workflow_id').execute()
  return rows.map(({ workflow_id }) => workflow_id)
}

describe('the slow poll for lost hooks', () => {
  test.for([
    { when: 'with a hook after 6 hours', hasHook: true, due: 6 * HOUR },
    { when: 'without a hook after 15 minutes', hasHook: false, due: 15 * MINUTE },
  ])('a look is due $when, and not a moment earlier', async ({ hasHook, due }) => {
    const packageId = await aLookedAtPackage('northwind/module-search', { hasHook })

    expect([await ask(due - 1), await started()]).toEqual([0, []])
    expect([await ask(due), await started()]).toEqual([1, [`sync/${packageId}`]])
  })

  test('after a week without a process, a look is asked for once', async () => {
    await aLookedAtPackage('northwind/module-search', { hasHook: true })

    expect([await ask(7 * 24 * HOUR), await ask(7 * 24 * HOUR + MINUTE)]).toEqual([1, 0])
    expect(await started()).toHaveLength(1)
  })

  test('a look that was asked for and never ended is asked for again after 15 minutes', async () => {
    await aLookedAtPackage('northwind/module-search', { hasHook: true })
    await ask(6 * HOUR)

    expect([await ask(6 * HOUR + 15 * MINUTE - 1), await ask(6 * HOUR + 15 * MINUTE)]).toEqual([0, 1])
  })

  test('two processes ask for each look once', async () => {
    await aLookedAtPackage('northwind/module-search', { hasHook: true })

    expect((await Promise.all([ask(6 * HOUR), ask(6 * HOUR)])).toSorted()).toEqual([0, 1])
  })

  test('a process asks for the due looks when it starts', async () => {
    const packageId = await aLookedAtPackage('northwind/module-search', { hasHook: true })

    await startDueSyncs({ db: database.db, log: aSilentLog }).stop()

    expect(await started()).toEqual([`sync/${packageId}`])
  })
})
