import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OrgAccess } from '#domain/orgs'
import {
  approvedVendorSlugs,
  approveVendor,
  dashboardOf,
  declineVendor,
  findApplication,
  nextVendorSteps,
  openApplications,
} from '#domain/vendors'
import type { OrgId } from '#kernel/ids'
import { anApplicant, aVersionOf, codeOf, inTurn, looksAt, mailsAbout } from '../../support/an-applicant.ts'
import { aScript, aScriptHere } from '../../support/a-script.ts'
import { aDatabase } from '../../support/database.ts'
import { writtenBy } from '../../support/written-events.ts'
import { aPerson } from '../../support/mcp.ts'
import { recordedStatements } from '../../support/recorded-statements.ts'

const AT = new Date('2026-11-30T10:00:00Z')

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())

const anOwner = (role?: OrgAccess['role']) => anApplicant(database.db, role)
/** Decides about what the list shows now. */
const approve = async (slug: string) =>
  approveVendor(database.db, { ...(await looksAt(database.db, slug)), at: AT })
/** Runs `npm run vendors` without npm. */
const run = (...args: string[]) => aScriptHere('vendors', args, { DATABASE_URL: database.url })
const reason = 'The website does not exist.'
const decline = async (slug: string) =>
  declineVendor(database.db, { ...(await looksAt(database.db, slug)), reason, at: AT })

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

  test.for([
    ['withdrawn', undefined],
    ['changed', 'changed'],
  ] as const)(
    'an approval that comes while the application is %s approves nothing',
    async ([becomes, outcome]) => {
      const owner = await anOwner()
      const { vendor_id, slug } = await owner.applies()
      const does = becomes === 'changed' ? owner.changes : owner.withdraws

      const outcomes = await inTurn(
        database.db,
        owner.org.id,
        () => codeOf(does(vendor_id, { slug, name: 'Another' })),
        () => approve(slug),
      )

      expect(outcomes).toEqual([undefined, outcome])
      expect((await owner.vendors()).filter((each) => each.status === 'approved')).toEqual([])
      expect(await mailsAbout(database.db, vendor_id)).toEqual([])
    },
  )

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

  test('an application that changed after the operator looked, even to the same facts, is neither approved nor declined', async () => {
    const [owner, other, { db }] = [await anOwner(), await anOwner(), database]
    const { vendor_id, slug } = await owner.applies()
    const decide = async (seen: Awaited<ReturnType<typeof looksAt>>) => [
      await declineVendor(db, { ...seen, reason, at: AT }),
      await approveVendor(db, { ...seen, at: AT }),
    ]

    const seen = await looksAt(db, slug)
    await owner.changes(vendor_id, { slug, name: 'Another' })
    await owner.changes(vendor_id, { slug })
    const afterChange = await decide(seen)
    const again = await looksAt(db, slug)
    await owner.withdraws(vendor_id)
    await other.applies({ slug })

    expect([...afterChange, ...(await decide(again))]).toEqual(Array(4).fill('changed'))
    expect(await other.vendors()).toMatchObject([{ slug, status: 'applied' }])
  })

  test('a change that changes nothing is not audited, and the operator can still decide', async () => {
    const owner = await anOwner()
    const { vendor_id, slug } = await owner.applies()
    const seen = await looksAt(database.db, slug)
    expect(await writtenBy(database.db, () => owner.changes(vendor_id, { slug }))).toEqual([])
    expect(await approveVendor(database.db, { ...seen, at: AT })).not.toBe('changed')
  })

  test('the list names the vendors of other orgs with a name that looks the same', async () => {
    const [owner, other] = [await anOwner(), await anOwner()]
    const own = await owner.applies({ name: 'Wide  Wings' })
    const second = await owner.applies({ name: 'Wide Wings' })
    const { slug } = await other.applies({ name: '\uff37\u0131DE \u3164W1NGS' })

    const open = await openApplications(database.db)
    const namesakesOf = (wanted: string) => open.find((each) => each.slug === wanted)?.namesakes
    expect(namesakesOf(own.slug)).toEqual([slug])
    expect(namesakesOf(slug)).toEqual([own.slug, second.slug].toSorted())
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
    const listed = await aScript('vendors', ['list'], { DATABASE_URL: database.url })
    const shown = (wanted: string) =>
      listed.output.split('\n').find((line) => line.startsWith(`${wanted}@`)) ?? ''
    await owner.changes(other.vendor_id, { slug: other.slug, name: 'Another' })

    const approved = await run('approve', shown(slug))
    const unexplained = await run('decline', shown(other.slug))
    const unmarked = await run('approve', other.slug)
    const stale = await run('approve', shown(other.slug))
    const { mark } = await looksAt(database.db, other.slug)
    const declined = await run('decline', `${other.slug}@${mark}`, '--reason', 'No such shop.')

    const refused = (why: string) => ({ status: 2, output: expect.stringContaining(why) })
    expect(listed.status).toBe(0)
    const usage = refused('usage: npm run admin -- decline-vendor SLUG@MARK --reason TEXT')
    expect([unexplained, unmarked]).toEqual([usage, refused('SLUG@MARK is the first line')])
    expect(stale).toEqual({ status: 1, output: expect.stringContaining('has changed since') })
    expect(approved).toEqual({ status: 0, output: `${slug} is approved. The applicant gets a mail.\n` })
    const told = expect.stringMatching(/^\S+ is declined\. The applicant gets a mail/)
    expect(declined).toMatchObject({ status: 0, output: told })
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
