import { afterAll, beforeAll, expect, test } from 'vitest'
import { aProject } from '../../support/a-market.ts'
import { aMarketDoor, type MarketDoor } from '../../support/a-market-door.ts'

let doors: MarketDoor
beforeAll(async () => {
  doors = await aMarketDoor()
})
afterAll(() => doors.close())

test('update_project takes the stored name that mixes alphabets again, and no new one', async () => {
  const project = await aProject(doors.market)
  const name = `Аcme ${project.id.slice(-6)}`
  await doors.db.updateTable('projects').set({ name }).where('id', '=', project.id).execute()
  const { ask, refused } = await doors.member()

  const updated = await ask('update_project', { project: project.id, name, edition: 'commerce' })
  const mixed = await refused('update_project', { project: project.id, name: `${name} А1b` })

  expect(updated).toMatchObject({ changed: ['edition'] })
  expect(mixed).toMatchObject({ code: 'invalid_input', field: 'name' })
})
