import { afterAll, beforeAll, expect, test } from 'vitest'
import { findApplication } from '#domain/vendors'
import { anApplicant, codeOf } from '../../support/an-applicant.ts'
import { aDatabase } from '../../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())

test('a stored name that mixes alphabets does not block a change of other fields', async () => {
  const owner = await anApplicant(database.db)
  const { vendor_id, slug } = await owner.applies()
  const name = 'Nоrthwind'
  await database.db.updateTable('vendors').set({ name }).where('id', '=', vendor_id).execute()

  await owner.changes(vendor_id, { slug, name, website: 'https://other.example' })

  expect(await findApplication(database.db, { org: owner.org.id, id: vendor_id })).toMatchObject({
    name,
    website: 'https://other.example/',
  })
  expect(await codeOf(owner.changes(vendor_id, { slug, name: 'Nоrthwind 2' }))).toBe('vendor_name_invalid')
})
