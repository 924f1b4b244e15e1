import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { audit } from '#domain/audit'
import { addPackage } from '#domain/catalogue'
import type { OrgAccess } from '#domain/orgs'
import { readOperation } from '#domain/operations'
import {
  applyAsVendor,
  approvedVendorSlugs,
  approveVendor,
  changeApplication,
  dashboardOf,
  declineVendor,
  findApplication,
  listVendors,
  nextVendorSteps,
  VENDOR_TERMS_VERSION,
  withdrawApplication,
} from '#domain/vendors'
import { mintId, type OrgId, type VendorId } from '#kernel/ids'
import { inTransaction } from '#platform/transactions'
import { aDatabase } from '../../support/database.ts'
import { lockWaiters } from '../../support/lock-waiters.ts'
import { aPerson } from '../../support/mcp.ts'
import { recordedStatements } from '../../support/recorded-statements.ts'
import { writtenBy } from '../../support/written-events.ts'

const AT = new Date('2026-11-30T10:00:00Z')

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())

const aSlug = () => `v-${randomUUID().slice(0, 8)}`
const facts = (slug = aSlug()) => ({ slug, name: 'Initech Extensions', website: 'https://initech.example' })

/** The owner of a new org, and what they do. */
async function anOwner(role: OrgAccess['role'] = 'owner') {
  const { db } = database
  const person = await aPerson(db, { role })
  const org: OrgAccess = { id: person.org.id, slug: person.org.slug, name: 'Initech', role }
  const caller = { customer: person.customer, scopes: [] }
  const of = { by: caller, org, at: AT }
  return {
    ...person,
    org,
    async applies(input: object = {}, { key, approves = false }: { key?: string; approves?: boolean } = {}) {
      const wanted = { ...facts(), terms_version: VENDOR_TERMS_VERSION, ...input }
      const { operation, replayed } = await applyAsVendor(db, {
        caller,
        org,
        input: wanted,
        key,
        approves,
        at: AT,
      })
      const { result } = await readOperation(db, operation)
      return { ...(result as { vendor_id: VendorId; slug: string; status: string }), replayed }
    },
    changes: (id: string, to: object) => changeApplication(db, { ...of, id, facts: { ...facts(), ...to } }),
    withdraws: (id: string) => withdrawApplication(db, { ...of, id }),
    vendors: () => listVendors(db, org.id),
  }
}
/** The code of a refusal. Undefined when it is not refused. */
const codeOf = (doing: Promise<unknown>): Promise<string | undefined> =>
  doing.then(
    () => undefined,
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  )
const approve = (slug: string) => approveVendor(database.db, { slug, at: AT })
const decline = (slug: string, reason = 'The website does not exist.') =>
  declineVendor(database.db, { slug, reason, at: AT })
const mailsAbout = async (id: string) =>
  database.db
    .selectFrom('mails')
    .select(['kind', 'to_address', 'data'])
    .where('key', 'like', `vendor_%:${id}:%`)
    .execute()

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
    ['a namespace that every installation needs', 'symfony', 'vendor_slug_reserved'],
    ['the name of this market', 'packagento-team', 'vendor_slug_reserved'],
  ] as const)('a slug with %s is refused', async ([, slug, code]) => {
    const owner = await anOwner()

    expect(await codeOf(owner.applies({ slug }))).toBe(code)
    expect(await owner.vendors()).toEqual([])
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
    expect(await approve(slug)).toBeUndefined()
    expect(await other.applies({ slug })).toMatchObject({ slug })
  })

  test('a market that approves by itself makes the org a vendor at once', async () => {
    const owner = await anOwner()

    const written = await writtenBy(database.db, async () => {
      const { slug, status } = await owner.applies({}, { approves: true })
      expect([status, (await owner.vendors())[0]?.status]).toEqual(['approved', 'approved'])
      expect(await approvedVendorSlugs(database.db)).toContain(slug)
    })

    expect(written.map(({ action }) => action).toSorted()).toEqual([
      'apply_as_vendor',
      'approve_vendor',
      'approve_vendor',
    ])
  })
})

describe('the decision of the operator', () => {
  test('an approval makes the vendor known to the registry, and is audited and mailed once', async () => {
    const owner = await anOwner()
    const { vendor_id, slug } = await owner.applies()

    const written = await writtenBy(database.db, async () => {
      expect([await approve(slug), await approve(slug)]).toEqual(['done', 'is_approved'])
    })

    expect(await approvedVendorSlugs(database.db)).toContain(slug)
    expect(await owner.vendors()).toMatchObject([{ status: 'approved', isPayable: false }])
    const event = { action: 'approve_vendor', outcome: 'done', object: vendor_id, detail: { slug } }
    expect(written).toEqual([expect.objectContaining(event), expect.objectContaining(event)])
    expect(written.map(({ customer }) => customer)).toEqual([undefined, undefined])
    expect(await mailsAbout(vendor_id)).toEqual([
      { kind: 'vendor_approved', to_address: owner.email, data: { slug, org: expect.any(String) } },
    ])
    expect(await codeOf(owner.withdraws(vendor_id))).toBe('application_over')
    expect(await decline(slug)).toBe('is_approved')
  })

  test('a declined application is mailed with its reason, and its slug can be applied for again', async () => {
    const owner = await anOwner()
    const { vendor_id, slug } = await owner.applies()

    expect([await decline(slug), await decline(slug)]).toEqual(['done', undefined])

    const found = await findApplication(database.db, { org: owner.org.id, id: vendor_id })
    expect(found).toMatchObject({ state: 'declined', reason: 'The website does not exist.', slug })
    expect(await mailsAbout(vendor_id)).toMatchObject([
      { kind: 'vendor_declined', data: { reason: 'The website does not exist.' } },
    ])
    const again = await owner.applies({ slug })
    await approve(slug)
    expect(await owner.vendors()).toMatchObject([{ id: again.vendor_id, status: 'approved' }])
  })

  test('an applicant who left the org gets no mail; its owners and admins do', async () => {
    const [applicant, heir] = [await anOwner(), await aPerson(database.db)]
    const { vendor_id, slug } = await applicant.applies()
    await database.db
      .updateTable('org_members')
      .set({ customer_id: heir.customer })
      .where('org_id', '=', applicant.org.id)
      .execute()

    await approve(slug)

    expect(await mailsAbout(vendor_id)).toMatchObject([{ to_address: heir.email }])
  })

  test('an approval that comes while the application is withdrawn approves nothing', async () => {
    const owner = await anOwner()
    const { vendor_id, slug } = await owner.applies()

    const outcomes = await inTurn(
      owner.org.id,
      () => codeOf(owner.withdraws(vendor_id)),
      () => approve(slug),
    )

    expect(outcomes).toEqual([undefined, undefined])
    expect([await owner.vendors(), await mailsAbout(vendor_id)]).toEqual([[], []])
  })

  test('a withdrawal that comes while the application is approved is refused', async () => {
    const owner = await anOwner()
    const { vendor_id, slug } = await owner.applies()

    const outcomes = await inTurn(
      owner.org.id,
      () => approve(slug),
      () => codeOf(owner.withdraws(vendor_id)),
    )

    expect(outcomes).toEqual(['done', 'application_over'])
    expect(await owner.vendors()).toMatchObject([{ status: 'approved' }])
  })

  test('what the vendor published before the approval is in the public log after it', async () => {
    const owner = await anOwner()
    const { vendor_id, slug } = await owner.applies()
    const version = await aVersionOf(vendor_id, `${slug}/module-early`)
    const logged = () =>
      database.db
        .selectFrom('transparency_entries')
        .select('deed')
        .where('deed', '=', `version_published ${version}`)
        .execute()

    expect(await logged()).toEqual([])
    await approve(slug)

    expect(await logged()).toHaveLength(1)
  })

  test('the command lists, approves and declines, and refuses wrong arguments with a sentence', async () => {
    const owner = await anOwner()
    const [{ slug }, other] = [await owner.applies(), await owner.applies()]

    const [listed, approved, unexplained] = await Promise.all([
      run('list'),
      run('approve', slug),
      run('decline', other.slug),
    ])
    const declined = await run('decline', other.slug, '--reason', 'No such shop.')

    expect(listed).toMatchObject({ status: 0, output: expect.stringContaining('Initech Extensions') })
    expect(approved).toEqual({ status: 0, output: `${slug} is approved. A mail tells the applicant.\n` })
    expect(unexplained).toMatchObject({
      status: 2,
      output: expect.stringContaining('usage: npm run vendors'),
    })
    expect(declined).toEqual({
      status: 0,
      output: `${other.slug} is declined. A mail tells the applicant.\n`,
    })
    expect(await owner.vendors()).toMatchObject([{ slug, status: 'approved' }])
  })
})

describe('the dashboard of a vendor', () => {
  test('it has packages with versions, failing checks and the last look, and needs four statements', async () => {
    const owner = await anOwner()
    const { vendor_id, slug } = await owner.applies({}, { approves: true })
    const version = await aVersionOf(vendor_id, `${slug}/module-one`)
    await database.db
      .insertInto('version_checks')
      .values({ version_id: version, name: 'schema', status: 'fail', message: 'No.', checked_at: AT })
      .execute()
    const declined = await owner.applies()
    await decline(declined.slug)

    const { statements, result } = await recorded(owner.org.id)

    expect(statements).toBe(4)
    expect(result).toMatchObject({
      vendors: [{ slug, status: 'approved' }],
      ended: [{ slug: declined.slug, state: 'declined' }],
      packages: [{ name: `${slug}/module-one`, versions: 1, failingChecks: 1, lastSyncAt: undefined }],
      packageCount: 1,
      sales: [],
    })
    expect(nextVendorSteps(result, [])).toEqual(['connect_git', 'no_payouts_yet'])
    expect(nextVendorSteps(result, [{ state: 'broken' }])).toEqual(['reconnect_git', 'no_payouts_yet'])
  })

  test('an org without a vendor is told to apply', async () => {
    const { org } = await anOwner()

    expect(nextVendorSteps(await dashboardOf(database.db, { org: org.id, seesSales: true }), [])).toEqual([
      'apply',
    ])
  })
})

/** Runs both at once: the first one has written all but its audit event of this org when the second one waits for it. */
async function inTurn<A, B>(org: OrgId, first: () => Promise<A>, second: () => Promise<B>): Promise<[A, B]> {
  const { db } = database
  return inTransaction(db, async (tx) => {
    await audit(tx, { chain: `org:${org}`, action: 'holds_the_chain', outcome: 'done', org })
    const began = first()
    await vi.waitFor(async () => expect(await lockWaiters(db)).toBe(1), { timeout: 10_000 })
    const followed = second()
    await vi.waitFor(async () => expect(await lockWaiters(db)).toBe(2), { timeout: 10_000 })
    return [began, followed] as const
  }).then((both) => Promise.all(both))
}

async function recorded(org: OrgId) {
  const { db, statements } = recordedStatements(database.db)
  const result = await dashboardOf(db, { org, seesSales: true })
  return { result, statements: statements.length }
}

/** A package of a vendor, also of one that is not approved, with one version. */
async function aVersionOf(vendorId: VendorId, name: string) {
  const [id, version] = [mintId('pkg', AT, Math.random), mintId('ver', AT, Math.random)]
  await addPackage(database.db, { id, vendorId, name, type: 'metapackage', title: 'A', summary: '', at: AT })
  await database.db
    .insertInto('versions')
    .values({
      id: version,
      package_id: id,
      tag: 'v1.0.0',
      label: '1.0.0',
      version_normalized: '1.0.0.0',
      stability: 'stable',
      released_at: AT,
      committed_at: AT,
      commit_sha: 'c'.repeat(40),
      tree_sha: 'd'.repeat(40),
      manifest: JSON.stringify({ name, type: 'metapackage' }),
    })
    .execute()
  return version
}

/** Runs `npm run vendors` without npm. */
const run = (...args: string[]) =>
  new Promise<{ status: number | string; output: string }>((resolve) => {
    const env = { ...process.env, DATABASE_URL: database.url }
    execFile(process.execPath, ['scripts/vendors.ts', ...args], { env }, (error, stdout, stderr) =>
      resolve({ status: error?.code ?? 0, output: stdout + stderr }),
    )
  })
