import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aLicence, aProject, type TestProject } from '../../support/a-market.ts'
import { aMarketDoor, type MarketDoor } from '../../support/a-market-door.ts'

let doors: MarketDoor
let shared: TestProject
let other: TestProject
beforeAll(async () => {
  doors = await aMarketDoor()
  shared = await aProject(doors.market)
  other = await aProject(doors.market)
})
afterAll(() => doors.close())

describe('the tools of an owner for guests', () => {
  test('an owner shares, lists, changes and ends a share, with the same key once', async () => {
    const { ask, refused } = await doors.member()
    const input = {
      project: shared.id,
      email: 'Agency@Example.test',
      role: 'viewer',
      until: '2099-01-01',
      idempotency_key: 'share-agency',
    }

    const first = await ask<{ share: string }>('share_project', input)
    const again = await ask('share_project', input)
    const listed = await ask('list_project_shares', { project: shared.id, response_format: 'detailed' })
    const ended = await ask('revoke_project_share', { share: first.share })

    expect(first).toMatchObject({ outcome: 'sent', email: 'agency@example.test' })
    expect(again).toMatchObject({ share: first.share, replayed: true })
    expect(listed).toMatchObject({ items: [{ id: first.share, state: 'pending', role: 'viewer' }] })
    expect(ended).toMatchObject({ share: first.share, tokens: [] })
    expect(await refused('share_project', { ...input, role: 'developer' })).toMatchObject({
      code: 'idempotency_key_reused',
    })
    expect(
      await refused('share_project', { project: shared.id, email: 'nobody', role: 'viewer' }),
    ).toMatchObject({ code: 'email_not_valid' })
  })

  test('update_project changes what is given, and archive_project says which licences keep their slots', async () => {
    const project = await aProject(doors.market)
    const licence = await aLicence(doors.market, { package: 'northwind/module-search', project: project.id })
    const { ask, refused } = await doors.member()
    const name = `Renamed ${project.id.slice(-6)}`

    const updated = await ask('update_project', {
      project: project.slug,
      name,
      production_domain: 'shop.example',
    })
    const same = await ask('update_project', { project: project.slug, name })
    const taken = await refused('update_project', { project: other.id, name })
    const archived = await ask('archive_project', { project: project.id })
    const hidden = await ask<{ items: unknown[] }>('list_projects', { search: name })
    const found = await ask<{ items: unknown[] }>('list_projects', {
      search: name.toLowerCase(),
      archived: true,
    })
    const whileArchived = await refused('update_project', { project: project.id, name: 'x' })
    const back = await ask('archive_project', { project: project.id, undo: true })

    expect(updated).toMatchObject({ slug: project.slug, name, changed: ['name', 'production_domain'] })
    expect(same).toMatchObject({ production_domain: 'shop.example', changed: [] })
    expect(taken).toMatchObject({ code: 'project_name_taken' })
    expect(archived).toMatchObject({ archived: true, changed: true, licences: [licence.id] })
    expect([hidden.items.length, found.items.length]).toEqual([0, 1])
    expect(whileArchived).toMatchObject({ code: 'project_archived' })
    expect(back).toMatchObject({ archived: false, changed: true })
  })
})
