import { execFile } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OrgAccess } from '#domain/orgs'
import {
  approvedVendorSlugs,
  approveVendor,
  dashboardOf,
  declineVendor,
  findApplication,
  nextVendorSteps,
} from '#domain/vendors'
import type { OrgId } from '#kernel/ids'
import { anApplicant, aVersionOf, codeOf, inTurn, mailsAbout } from '../../support/an-applicant.ts'
import { aDatabase } from '../../support/database.ts'
import { aPerson } from '../../support/mcp.ts'
import { recordedStatements } from '../../support/recorded-statements.ts'
import { writtenBy } from '../../support/written-events.ts'

const AT = new Date('2026-11-30T10:00:00Z')

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())

const anOwner = (role?: OrgAccess['role']) => anApplicant(database.db, role)
const approve = (slug: string) => approveVendor(database.db, { slug, at: AT })
const decline = (slug: string, reason = 'The website does not exist.') =>
  declineVendor(database.db, { slug, reason, at: AT })

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
    expect(await mailsAbout(database.db, vendor_id)).toEqual([
      { kind: 'vendor_approved', to_address: owner.email, data: { slug, org: expect.any(String) } },
    ])
    expect(await codeOf(owner.withdraws(vendor_id))).toBe('application_over')
    expect(await decline(slug)).toBe('is_approved')
  })

  test('a decline is mailed with its reason, and the slug can be applied for again', async () => {
    const owner = await anOwner()
    const { vendor_id, slug } = await owner.applies()

    expect([await decline(slug), await decline(slug)]).toEqual(['done', undefined])

    const found = await findApplication(database.db, { org: owner.org.id, id: vendor_id })
    expect(found).toMatchObject({ state: 'declined', reason: 'The website does not exist.', slug })
    expect(await mailsAbout(database.db, vendor_id)).toMatchObject([
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

    expect(await mailsAbout(database.db, vendor_id)).toMatchObject([{ to_address: heir.email }])
  })

  test('an approval that comes while the application is withdrawn approves nothing', async () => {
    const owner = await anOwner()
    const { vendor_id, slug } = await owner.applies()

    const outcomes = await inTurn(
      database.db,
      owner.org.id,
      () => codeOf(owner.withdraws(vendor_id)),
      () => approve(slug),
    )

    expect(outcomes).toEqual([undefined, undefined])
    expect([await owner.vendors(), await mailsAbout(database.db, vendor_id)]).toEqual([[], []])
  })

  test('a withdrawal that comes while the application is approved is refused', async () => {
    const owner = await anOwner()
    const { vendor_id, slug } = await owner.applies()

    const outcomes = await inTurn(
      database.db,
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
    const version = await aVersionOf(database.db, vendor_id, `${slug}/module-early`)
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
    expect(approved).toEqual({ status: 0, output: `${slug} is approved. The applicant gets a mail.\n` })
    expect(unexplained).toMatchObject({
      status: 2,
      output: expect.stringContaining('usage: npm run vendors'),
    })
    expect(declined).toEqual({
      status: 0,
      output: `${other.slug} is declined. The applicant gets a mail.\n`,
    })
    expect(await owner.vendors()).toMatchObject([{ slug, status: 'approved' }])
  })
})

describe('the dashboard of a vendor', () => {
  test('the dashboard shows packages with versions, failing checks and the last look, and needs four statements', async () => {
    const owner = await anOwner()
    const { vendor_id, slug } = await owner.applies({}, { approves: true })
    const version = await aVersionOf(database.db, vendor_id, `${slug}/module-one`)
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

  test('the next step of an org without a vendor is to apply', async () => {
    const { org } = await anOwner()

    expect(nextVendorSteps(await dashboardOf(database.db, { org: org.id, seesSales: true }), [])).toEqual([
      'apply',
    ])
  })
})

async function recorded(org: OrgId) {
  const { db, statements } = recordedStatements(database.db)
  const result = await dashboardOf(db, { org, seesSales: true })
  return { result, statements: statements.length }
}

/** Runs the script of `npm run vendors` directly. */
const run = (...args: string[]) =>
  new Promise<{ status: number | string; output: string }>((resolve) => {
    const env = { ...process.env, DATABASE_URL: database.url }
    execFile(process.execPath, ['scripts/vendors.ts', ...args], { env }, (error, stdout, stderr) =>
      resolve({ status: error?.code ?? 0, output: stdout + stderr }),
    )
  })
