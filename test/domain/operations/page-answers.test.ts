import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordPageAnswer } from '#domain/operations'
import { aRun } from '../../support/a-run.ts'
import { anOperation } from '../../support/an-operation.ts'
import { aDatabase } from '../../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000)

test('a late answer about the page of an earlier wait does not change the answer about the current page', async () => {
  const { db } = database
  const { id } = await anOperation(db)
  const run = aRun(db, id)
  const [earlier, present] = [inHours(1), inHours(2)]
  await run.waits('authentication', earlier)
  await run.goesOn()
  await run.waits('authentication', present)
  await recordPageAnswer(db, { id, waitingUntil: present, opened: true })

  await recordPageAnswer(db, { id, waitingUntil: earlier, opened: false })

  expect(await run.row()).toMatchObject({ waitingUntil: present, pageOpened: true })
})

test('an answer about the page of a wait that is over does not apply to the next wait', async () => {
  const { db } = database
  const { id } = await anOperation(db)
  const run = aRun(db, id)
  const [earlier, present] = [inHours(1), inHours(2)]
  await run.waits('authentication', earlier)
  await recordPageAnswer(db, { id, waitingUntil: earlier, opened: true })
  expect(await run.row()).toMatchObject({ pageOpened: true })

  await run.goesOn()
  await run.waits('authentication', present)

  expect(await run.row()).not.toHaveProperty('pageOpened')
})
