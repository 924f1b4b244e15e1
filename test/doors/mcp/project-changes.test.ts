import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addPaymentMethod, changeBillingDetails } from '#domain/billing'
import { setKillSwitch } from '#domain/spending'
import { mintId } from '#kernel/ids'
import { aLicence, aProject, type TestProject } from '../../support/a-market.ts'
import { aMarketDoor, type MarketDoor } from '../../support/a-market-door.ts'
import { writtenBy } from '../../support/written-events.ts'

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

describe('the cooldown of a project', () => {
  const daysOf = async (id: string) =>
    (
      await doors.db
        .selectFrom('projects')
        .select('cooldown_days')
        .where('id', '=', id as TestProject['id'])
        .executeTakeFirstOrThrow()
    ).cooldown_days

  test('an assistant raises it, which is audited as on its page, and lowers it neither alone nor beside other changes', async () => {
    const project = await aProject(doors.market)
    const { ask, refused } = await doors.member()
    const change = { project: project.id }

    const events = await writtenBy(doors.db, async () => {
      expect(await ask('update_project', { ...change, cooldown_days: 7 })).toMatchObject({
        cooldown_days: 7,
        changed: ['cooldown_days'],
      })
      expect(await ask('update_project', { ...change, cooldown_days: 7 })).toMatchObject({ changed: [] })
    })
    const lower = [
      await refused('update_project', { ...change, cooldown_days: 6 }),
      await refused('update_project', { ...change, name: 'Harmless', cooldown_days: 0 }),
    ]

    expect(events).toEqual([
      expect.objectContaining({ action: 'set_cooldown', object: project.id, detail: { days: 7 } }),
    ])
    for (const refusal of lower)
      expect(refusal).toMatchObject({
        code: 'cooldown_only_raised',
        field: 'cooldown_days',
        next_step: `The user can lower it at /account/projects/${project.id}.`,
      })
    expect(await daysOf(project.id)).toBe(7)
    expect(await ask('update_project', change)).toMatchObject({ cooldown_days: 7, changed: [] })
    expect((await ask<{ name: string }>('update_project', change)).name).not.toBe('Harmless')
  })

  test.for([-1, 91, 1.5])('a cooldown of %s days is refused', async (days) => {
    const { refused } = await doors.member()
    const asked = { project: shared.id, cooldown_days: days }
    expect(await refused('update_project', asked)).toMatchObject({
      code: 'invalid_input',
      field: 'cooldown_days',
    })
  })
})

describe('billing details', () => {
  const DETAILS = { legal_name: 'Acme GmbH', address: '1 Weg\n10115 Berlin', country: 'DE' }

  test('an assistant sets them, changes one and keeps the others, and reads them without an argument', async () => {
    const { ask } = await doors.member()

    const none = await ask('update_billing_details')
    const set = await ask('update_billing_details', DETAILS)
    const [event, ...more] = await writtenBy(doors.db, async () => {
      await ask('update_billing_details', { vat_id: 'de 123456789' })
      await ask('update_billing_details', { vat_id: 'DE123456789' })
      await ask('update_billing_details')
    })
    const removed = await ask('update_billing_details', { vat_id: '' })

    expect(none).toEqual({ org: 'acme-retail', changed: [] })
    expect(set).toMatchObject({ changed: ['legal_name', 'address', 'country'] })
    expect(event).toMatchObject({ action: 'change_billing_details', detail: { changed: 'vat_id' } })
    expect(more).toEqual([])
    expect(removed).toEqual({
      org: 'acme-retail',
      ...DETAILS,
      address: ['1 Weg', '10115 Berlin'],
      changed: ['vat_id'],
    })
  })

  test('two changes of different fields at the same time are both kept', async () => {
    const { ask } = await doors.member()
    await ask('update_billing_details', DETAILS)

    const changes = [{ legal_name: 'Acme SE' }, { address: '2 Weg' }, { vat_id: 'DE987654321' }]
    await Promise.all(changes.map((change) => ask('update_billing_details', change)))

    expect(await ask('update_billing_details')).toMatchObject({
      legal_name: 'Acme SE',
      address: ['2 Weg'],
      vat_id: 'DE987654321',
    })
  })

  test('what the page refuses the tool refuses, and names every field', async () => {
    const { ask, refused } = await doors.member()
    const before = await ask('update_billing_details')

    const refusal = await refused('update_billing_details', { vat_id: 'FR1', email: 'nobody', address: '' })

    expect(refusal).toMatchObject({ code: 'invalid_input', field: 'address' })
    expect(refusal['next_step']).toBe('Correct address, vat_id, email and call again.')
    expect(await ask('update_billing_details')).toEqual(before)
  })

  test('owners and admins get a mail when an assistant sends receipts elsewhere, and none when a person does', async () => {
    const { ask, refused } = await doors.member({ name: 'billing' })
    const mails = () =>
      doors.db
        .selectFrom('mails')
        .select(['to_address', 'data'])
        .where('kind', '=', 'receipts_go_elsewhere')
        .execute()
    await ask('update_billing_details', DETAILS)
    const email = 'elsewhere@example.test'

    await changeBillingDetails(doors.db, {
      org: doors.market.org('acme-retail'),
      typed: { email: 'first@example.test' },
      by: doors.market.caller('buyer'),
      at: new Date(),
    })
    expect(await mails()).toEqual([])
    await ask('update_billing_details', { email })
    await ask('update_billing_details', { email })

    expect(await mails()).toEqual([
      { to_address: 'buyer@example.test', data: expect.objectContaining({ email, org: 'Acme Retail' }) },
    ])
    for (const other of ['second@example.test', 'third@example.test'])
      await ask('update_billing_details', { email: other })
    expect(await refused('update_billing_details', { email })).toMatchObject({
      code: 'too_many_receipt_addresses',
      retryable: true,
    })
    expect([await ask('update_billing_details'), (await mails()).length]).toMatchObject([
      { email: 'third@example.test' },
      3,
    ])
  })
})

test('an assistant makes a card the default, once, and not while the org has stopped its assistants', async () => {
  const { ask, refused } = await doors.member()
  const cards = () => ask<{ items: { id: string; is_default: boolean }[] }>('list_payment_methods')
  const org = doors.market.org('acme-retail')
  const id = mintId('pmt', Date.now(), Math.random)
  const about = { brand: 'visa', last4: '4242', expMonth: 12, expYear: 2034, at: new Date() }
  await addPaymentMethod(doors.db, {
    id,
    org,
    ...about,
    stripePaymentMethodId: `pm_${id}`,
    isDefault: false,
  })
  const stop = (on: boolean) =>
    setKillSwitch(doors.db, { org, by: doors.market.person('buyer'), on, at: new Date() })

  await stop(true)
  const stopped = await refused('set_default_payment_method', { payment_method: id })
  const before = await cards()
  await stop(false)
  await ask('set_default_payment_method', { payment_method: id })
  await ask('set_default_payment_method', { payment_method: id })

  expect(stopped).toMatchObject({ code: 'spending_stopped' })
  expect(before.items.find((card) => card.id === id)).toMatchObject({ is_default: false })
  expect((await cards()).items.filter((card) => card.is_default).map((card) => card.id)).toEqual([id])
})
