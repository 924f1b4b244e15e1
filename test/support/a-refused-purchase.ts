import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { aProject } from './a-market.ts'
import { storyTest } from './a-story.ts'

/** A `storyTest` after which nothing is paid and no licence exists. `refused` makes a purchase that must be refused. */
export const refusalTest = () =>
  storyTest()
    .extend('refused', ({ shop, buyer }) => async (input: object, assistant = buyer, org = 'acme-retail') => {
      const { id: project } = await aProject(shop.market, { org })
      const response = await assistant.buys({ project, idempotency_key: randomUUID(), ...input })
      expect(response.isError).toBe(true)
      expect(response.error.message).toMatch(/\.$/)
      expect(response.error.next_step).toMatch(/\.$/)
      return response
    })
    .extend('nothingBought', { auto: true }, ({ shop }, { onCleanup }) => {
      onCleanup(async () => {
        expect((await shop.bank.money()).totals.net).toBe(0)
        expect(await shop.db.selectFrom('licences').select('id').execute()).toEqual([])
      })
    })
