import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OrgAccess } from '#domain/orgs'
import { approvedVendorSlugs, approveVendor, findApplication, VENDOR_TERMS_VERSION } from '#domain/vendors'
import { mintId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { raceAfter } from '../../support/a-team.ts'
import { anApplicant, aSlug, codeOf, inTurn } from '../../support/an-applicant.ts'
import { aDatabase } from '../../support/database.ts'
import { writtenBy } from '../../support/written-events.ts'

const AT = new Date('2026-11-30T10:00:00Z')

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())

const anOwner = (role?: OrgAccess['role']) => anApplicant(database.db, role)

describe('an application as a vendor', () => {
  test('an org applies, and its vendor waits for the approval', async () => {
    const owner = await anOwner()

    const written = await writtenBy(database.db, async () => {
      const { vendor_id, slug } = await owner.applies()
      expect(await owner.vendors()).toMatchObject([
        { id: vendor_id, slug, status: 'applied', isPayable: false },
      ])
      expect(await approvedVendorSlugs(database.db)).not.toContain(slug)
      expect(await findApplication(database.db, { org: owner.org.id, id: vendor_id })).toMatchObject({
        state: 'open',
        website: 'https://initech.example/',
        termsVersion: VENDOR_TERMS_VERSION,
        appliedBy: owner.customer,
      })
    })

    expect(written).toMatchObject([{ action: 'apply_as_vendor', outcome: 'done', customer: owner.customer }])
  })

  test('the same key and input applies once, and other input with the key is refused', async () => {
    const owner = await anOwner()
    const [slug, key] = [aSlug(), randomUUID()]

    const first = await owner.applies({ slug }, { key })
    const again = await owner.applies({ slug }, { key })

    expect(again).toEqual({ ...first, replayed: true })
    expect(await codeOf(owner.applies({ slug: aSlug() }, { key }))).toBe('idempotency_key_reused')
    expect(await owner.vendors()).toHaveLength(1)
  })

  test.for([
    ['a capital letter', 'North', 'vendor_slug_invalid'],
    ['a double dash', 'a--b', 'vendor_slug_invalid'],
    ['a slash', 'a/b', 'vendor_slug_invalid'],
    ['one letter', 'a', 'vendor_slug_invalid'],
    ['a letter of another script', 'nоrth', 'vendor_slug_invalid'],
    ['51 letters', 'a'.repeat(51), 'vendor_slug_invalid'],
    ['the namespace of Magento', 'magento', 'vendor_slug_reserved'],
    ['the name of this market', 'packagento-team', 'vendor_slug_reserved'],
    ['the name of this market after “the”', 'the-packagento', 'vendor_slug_reserved'],
  ] as const)('a slug with %s is refused', async ([, slug, code]) => {
    const owner = await anOwner()

    expect(await codeOf(owner.applies({ slug }))).toBe(code)
    expect(await owner.vendors()).toEqual([])
  })

  test('namespaces in the lock file of Magento are reserved, and so is what looks like a reserved one', async () => {
    const owner = await anOwner()
    const needed = 'aws brick dasprid ezimuel mtdowling paragonie php-http ralouphie symfony web-token'.split(
      ' ',
    )
    const alike = 'magent0 hyva_themes hyvathemes mage.os goog1e packagent0 pack-agento'.split(' ')

    for (const slug of [...needed, ...alike])
      expect([slug, await codeOf(owner.applies({ slug }))]).toEqual([slug, 'vendor_slug_reserved'])
    await expect(owner.applies({ slug: 'Hyva Themes' })).rejects.toMatchObject({ params: undefined })
  })

  test('a slug in capital letters is refused with the one that would be accepted', async () => {
    const owner = await anOwner()

    await expect(owner.applies({ slug: 'New Wind' })).rejects.toMatchObject({
      params: { suggestion: 'new-wind' },
    })
  })

  test.for([
    [{ name: ' a ' }, 'vendor_name_invalid'],
    [{ name: 'two\nlines' }, 'vendor_name_invalid'],
    [{ name: 'turned \u202e round' }, 'vendor_name_invalid'],
    [{ name: '\u3164\u3164' }, 'vendor_name_invalid'],
    [{ name: 'a\u3164' }, 'vendor_name_invalid'],
    [{ name: '*-*' }, 'vendor_name_invalid'],
    [{ name: 'Nоrthwind' }, 'vendor_name_invalid'],
    [{ name: 'Ѕupport' }, 'vendor_name_invalid'],
    [{ name: 'Packagent0 Labs' }, 'vendor_name_invalid'],
    [{ website: 'http://initech.example' }, 'vendor_website_invalid'],
    [{ website: 'https://user:pass@initech.example' }, 'vendor_website_invalid'],
    [{ website: 'https://localhost' }, 'vendor_website_invalid'],
    [{ website: 'javascript:alert(1)' }, 'vendor_website_invalid'],
    [{ website: `https://a.example/${'x'.repeat(200)}` }, 'vendor_website_invalid'],
    [{ terms_version: '2020-01-01' }, 'vendor_terms_not_current'],
  ] as const)('an application with %o is refused', async ([input, code]) => {
    const owner = await anOwner()

    expect(await codeOf(owner.applies(input))).toBe(code)
    expect(await owner.vendors()).toEqual([])
  })

  test('a slug that another org has or applied for is taken, and one that looks like it is refused', async () => {
    const [first, second] = [await anOwner(), await anOwner()]
    const unique = randomUUID().replaceAll(/[^a-f]/g, '')
    await first.applies({ slug: `go0d-${unique}` })

    expect(await codeOf(second.applies({ slug: `go0d-${unique}` }))).toBe('vendor_slug_taken')
    for (const slug of [`go0d${unique}`, `good-${unique}`, `go0d_${unique}`])
      expect(await codeOf(second.applies({ slug }))).toBe('vendor_slug_similar')
    expect(await codeOf(first.applies({ slug: `go0d-${unique}` }))).toBe('vendor_slug_taken')
    expect(await first.applies({ slug: `good-${unique}` })).toMatchObject({ status: 'applied' })
  })

  test('of two orgs that apply for similar slugs at once, one gets it', async () => {
    const [first, second] = [await anOwner(), await anOwner()]
    const unique = randomUUID().replaceAll(/[^a-f]/g, '')

    const codes = await inTurn(
      database.db,
      first.org.id,
      () => codeOf(first.applies({ slug: `race-${unique}` })),
      () => codeOf(second.applies({ slug: `race.${unique}` })),
    )

    expect(codes).toEqual([undefined, 'vendor_slug_similar'])
  })

  test('an org has at most five open applications', async () => {
    const owner = await anOwner()
    for (let i = 0; i < 5; i++) await owner.applies()

    expect(await codeOf(owner.applies())).toBe('too_many_applications')
  })

  test.for(['developer', 'billing', 'viewer'] as const)('a %s cannot apply', async (role) => {
    const member = await anOwner(role)

    expect(await codeOf(member.applies())).toBe('not_allowed')
  })

  test.for(['applies', 'changes', 'withdraws'] as const)(
    'a person who loses the role while what they do waits for a lock %s nothing',
    async (does) => {
      const { db } = database
      const owner = await anOwner()
      const { vendor_id, slug } = await owner.applies()

      const lose = (tx: Db) =>
        tx
          .updateTable('org_members')
          .set({ role: 'developer' })
          .where('customer_id', '=', owner.customer)
          .execute()
      const [code] = await raceAfter(db, owner.org.id, lose, async () =>
        does === 'applies' ? owner.applies() : owner[does](vendor_id, {}),
      )

      expect(code).toBe('not_allowed')
      expect(await owner.vendors()).toMatchObject([{ id: vendor_id, slug }])
    },
  )

  test('an open application can be changed, also its slug, and the old slug is free', async () => {
    const [owner, other] = [await anOwner(), await anOwner()]
    const { vendor_id, slug } = await owner.applies()

    await owner.changes(vendor_id, { slug: aSlug(), name: 'Another' })

    expect(await owner.vendors()).toMatchObject([{ id: vendor_id, name: 'Another', status: 'applied' }])
    expect(await other.applies({ slug })).toMatchObject({ status: 'applied' })
    expect(await codeOf(owner.changes(vendor_id, { slug }))).toBe('vendor_slug_taken')
    expect(await codeOf(other.changes(vendor_id, {}))).toBe('application_not_found')
    expect(await codeOf(other.withdraws(vendor_id))).toBe('application_not_found')
    expect(await codeOf(other.withdraws('ven_x'))).toBe('application_not_found')
  })

  test('a withdrawn application frees its slug, and cannot be changed or approved any more', async () => {
    const [owner, other] = [await anOwner(), await anOwner()]
    const { vendor_id, slug } = await owner.applies()

    await owner.withdraws(vendor_id)

    expect(await owner.vendors()).toEqual([])
    expect(await codeOf(owner.withdraws(vendor_id))).toBe('application_over')
    expect(await codeOf(owner.changes(vendor_id, {}))).toBe('application_over')
    expect(await approveVendor(database.db, { slug, mark: '0', at: new Date() })).toBeUndefined()
    expect(await other.applies({ slug })).toMatchObject({ slug })
  })

  test('a market that approves by itself makes the org a vendor at once', async () => {
    const owner = await anOwner()

    const written = await writtenBy(database.db, async () => {
      const { slug, status } = await owner.applies({}, { approves: true })
      expect([status, (await owner.vendors())[0]?.status]).toEqual(['approved', 'approved'])
      expect(await approvedVendorSlugs(database.db)).toContain(slug)
    })

    expect(new Set(written.map(({ action }) => action))).toEqual(
      new Set(['apply_as_vendor', 'approve_vendor']),
    )
  })
})

describe('the database itself', () => {
  test('the database refuses an application without its terms, a second one for a slug, and a decline without a reason', async () => {
    const { db } = database
    const { org } = await anOwner()
    const of = { org_id: org.id, name: 'W' }
    const apply = (slug: string, website: string | null = null) =>
      db
        .insertInto('vendors')
        .values({ ...of, id: mintId('ven', AT, Math.random), slug, website, created_at: AT })
        .execute()
    const end = (outcome: string, reason: string | null) =>
      db
        .insertInto('ended_applications')
        .values({
          ...of,
          vendor_id: mintId('ven', AT, Math.random),
          slug: 'one',
          applied_at: AT,
          outcome,
          reason,
          ended_at: AT,
        })
        .execute()
    await apply('one-slug')

    await expect(apply('one-slug')).rejects.toThrow('vendors_slug_key')
    await expect(apply('two-slug', 'https://w.example')).rejects.toThrow('vendors_check')
    await expect(end('declined', null)).rejects.toThrow('ended_applications_check')
    await expect(end('withdrawn', 'Because.')).rejects.toThrow('ended_applications_check')
    await expect(end('withdrawn', null)).resolves.toBeDefined()
  })
})
