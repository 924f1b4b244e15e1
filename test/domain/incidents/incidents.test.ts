import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  clearForOperator,
  endIncident,
  findIncident,
  guideTo,
  INCIDENTS,
  openIncidents,
  raiseForOperator,
} from '#domain/incidents'
import { giveUpMail, leaseMails, NOT_SENT_IN_TIME, queueMail } from '#domain/mail'
import { inTransaction } from '#platform/transactions'
import { aScript, aScriptHere, type ScriptRun } from '../../support/a-script.ts'
import { anOperation } from '../../support/an-operation.ts'
import { aDatabase } from '../../support/database.ts'
import { writtenBy } from '../../support/written-events.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
beforeEach(() => database.db.deleteFrom('incidents').execute())
afterAll(() => database.close())

const AT = new Date('2026-11-30T10:00:00Z')
const LATER = new Date('2026-11-30T11:00:00Z')
const raise = (more: { object?: string; detail?: string; at?: Date; since?: Date } = {}) =>
  raiseForOperator(database.db, { kind: 'run_stuck', object: 'op_1', at: AT, ...more })
const open = () => openIncidents(database.db)

describe('what needs an operator', () => {
  test('what is noticed again is one entry, also when two processes notice it at the same time', async () => {
    const isNew = await Promise.all(Array.from({ length: 5 }, () => raise({ detail: 'settleLine' })))
    await raise({ object: 'op_2', at: LATER })

    expect(isNew.filter(Boolean)).toHaveLength(1)
    expect(await open()).toMatchObject([
      { object: 'op_1', times: 5, since: AT, detail: 'settleLine' },
      { object: 'op_2', times: 1 },
    ])
  })

  test('an entry ends by itself when its cause is gone, and other entries stay', async () => {
    await raise()
    await raise({ object: 'op_2' })

    await clearForOperator(database.db, { kinds: ['run_stuck'], object: 'op_1', at: LATER })
    await clearForOperator(database.db, { kinds: ['our_defect'], object: 'op_2', at: LATER })

    expect(await open()).toMatchObject([{ object: 'op_2' }])
  })

  test('an entry that an operator marked as done is audited, and comes back when its cause does', async () => {
    await raise()
    const [entry] = await open()
    const { id = '' } = entry ?? {}

    const note = 'restarted the database'
    const written = await writtenBy(database.db, async () => {
      expect(await endIncident(database.db, { id, note, at: LATER })).toBe('done')
      expect(await endIncident(database.db, { id, note, at: LATER })).toBe('is_over')
      expect(await endIncident(database.db, { id: 'inc_none', note, at: LATER })).toBeUndefined()
    })

    expect(written).toMatchObject([{ chain: 'platform', action: 'end_incident', object: id }])
    expect(await findIncident(database.db, id)).toMatchObject({ note, endedAt: LATER })
    expect([await open(), await raise()]).toEqual([[], true])
  })

  test('a long detail is cut, and a failed transaction lists nothing', async () => {
    await raise({ detail: 'x'.repeat(5_000) })
    const failing = inTransaction(database.db, async (tx) => {
      await raiseForOperator(tx, { kind: 'undo_failed', object: 'op_3', at: AT })
      throw new Error('rolled back')
    })

    await expect(failing).rejects.toThrow('rolled back')
    const entries = await open()
    expect(entries.map(({ detail }) => detail?.length)).toEqual([300])
  })

  test('a mail that could not be sent in time is listed, and one to an unknown address is not', async () => {
    const mail = { kind: 'vendor_declined', data: { slug: 'a', org: 'A', reason: 'no' }, at: AT } as const
    for (const to of ['late@example.test', 'unknown@example.test'])
      await queueMail(database.db, { ...mail, to, key: to })
    const [late, unknown] = await leaseMails(database.db, 2)

    if (late) await giveUpMail(database.db, late, NOT_SENT_IN_TIME)
    if (unknown) await giveUpMail(database.db, unknown, 'no_mailbox')

    expect(await open()).toMatchObject([
      { kind: 'mail_given_up', object: `mail ${late?.id}`, detail: 'vendor_declined' },
    ])
  })
})

test('each kind has a section of the guide that says what to do', () => {
  const guide = readFileSync('docs/operating.md', 'utf8')
  for (const kind of Object.keys(INCIDENTS) as (keyof typeof INCIDENTS)[]) {
    const [, anchor] = guideTo({ kind }).split('#')
    expect(guide, kind).toMatch(new RegExp(`^### ${anchor?.replaceAll('-', '[ -]')}$`, 'm'))
  }
})

describe('npm run admin', () => {
  const admin = (...args: string[]) => aScriptHere('admin', args, { DATABASE_URL: database.url })

  test('an operator lists what needs one, looks at an entry, and marks it as done', async () => {
    const { id: operation } = await anOperation(database.db)
    await raise({ object: operation, detail: 'settleLine:line_1: Error' })
    const [{ id } = { id: '' }] = await open()

    const listed = await aScript('admin', ['list'], { DATABASE_URL: database.url })
    const shown = await admin('show', id)
    const done = await admin('done', id, '--note', 'restarted the database')

    expect(listed.output).toContain(`${id}  run_stuck  ${operation}, settleLine:line_1: Error`)
    expect(listed.output).toMatch(/docs\/operating\.md#run-stuck\n1 thing needs an operator\.\n$/)
    expect(shown.output).toContain(`in the Temporal UI: OperationId="${operation}"`)
    expect([listed.status, shown.status, done.status]).toEqual([0, 0, 0])
    expect(await open()).toEqual([])
  })

  test('an unknown entry exits with 1, and a wrong call with 2 and does nothing', async () => {
    await raise()
    const [{ id } = { id: '' }] = await open()

    const both = ['reconcile', '--dry-run', '--close', 'c58b1dd5aace']
    const calls = [['show', 'inc_none'], ['done', id], ['done', id, '--note', 'ok'], both, ['what']]
    const answers: ScriptRun[] = []
    for (const args of calls) answers.push(await admin(...args))

    expect(answers.map(({ status }) => status)).toEqual([1, 2, 2, 2, 2])
    expect(answers.at(-1)?.output).toContain('usage: npm run admin -- COMMAND')
    expect(await open()).toHaveLength(1)
  })
})
