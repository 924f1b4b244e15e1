import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { describe, expect } from 'vitest'
import { guestOrgsOf } from '#domain/orgs'
import { archiveProject } from '#domain/projects'
import { listShares, offeredShare } from '#domain/sharing'
import type { CustomerId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { MAIL_TEXTS } from '../../../src/relay/mail-texts.ts'
import { aLicence, aProject } from '../../support/a-market.ts'
import { auditOf } from '../../support/a-member.ts'
import { aProjectOf } from '../../support/a-share.ts'
import { aPerson } from '../../support/mcp.ts'
import { sharingTest as test } from '../../support/sharing-test.ts'

const DAY_MS = 24 * 60 * 60_000
const setRole = (db: Db, owner: CustomerId, role: 'developer' | 'owner') =>
  db.updateTable('org_members').set({ role }).where('customer_id', '=', owner).execute()
const code = (of: string) => expect.objectContaining({ code: of }) as Error

describe('the link to a shared project', () => {
  test('a link makes the owner of its address a guest of that project, once, and is audited', async ({
    db,
    owner,
    guest,
    project,
    share,
    accept,
    sharedNow,
  }) => {
    const { token } = await share({ role: 'developer' })
    const offer = await offeredShare(db, {
      token: token ?? '',
      customer: guest.customer,
      at: new Date(),
    })
    const before = await sharedNow()

    const accepted = [await accept(token), await accept(token)]

    expect(offer).toMatchObject({ projectName: 'Shop', role: 'developer', by: 'Ann' })
    expect(before).toEqual([])
    expect(accepted).toEqual([project.id, project.id])
    expect(await sharedNow()).toEqual([project.id])
    const actions = (await auditOf(db, owner.org.id)).map(({ action }) => action)
    expect(actions).toEqual(['share_project', 'accept_share'])
  })

  test('only a hash of the token of a link is stored', async ({ db, share }) => {
    const { token = '', share: id } = await share()
    const { rows } = await sql<{ row: string }>`select s::text as row from project_shares s where id = ${id}
      union all select m::text from mails m`.execute(db)

    expect(token).toHaveLength(43)
    expect(JSON.stringify(rows)).not.toContain(token)
  })

  test('a link does nothing for the account of another address', async ({
    owner,
    share,
    accept,
    sharedNow,
  }) => {
    const { token } = await share()

    await expect(accept(token, owner)).rejects.toEqual(code('share_for_another'))
    expect(await sharedNow(owner)).toEqual([])
  })

  test('two people who use a link at once: only the one with its address becomes a guest', async ({
    db,
    project,
    share,
    accept,
    sharedNow,
  }) => {
    const other = await aPerson(db)
    const { token } = await share()

    const ends = await Promise.allSettled([accept(token, other), accept(token), accept(token)])

    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
    expect([await sharedNow(), await sharedNow(other)]).toEqual([[project.id], []])
  })

  test('a link works for 7 days and not longer', async ({ guest, project, share, accept }) => {
    const at = new Date()
    const { token } = await share({ at })
    const late = new Date(at.getTime() + 7 * DAY_MS)

    await expect(accept(token, guest, late)).rejects.toEqual(code('share_link_over'))
    expect(await accept(token, guest, new Date(late.getTime() - 1))).toBe(project.id)
  })

  test('a newer link replaces the earlier one, with its role and its end', async ({
    db,
    guest,
    share,
    accept,
  }) => {
    const { token: first } = await share()
    const second = await share({ role: 'developer' })

    expect(second.outcome).toBe('sent_again')
    await expect(accept(first)).rejects.toEqual(code('share_link_over'))
    await accept(second.token)
    const [org] = await guestOrgsOf(db, guest.customer)
    expect(org?.shared).toMatchObject([{ role: 'developer' }])
  })

  test('the same idempotency key sends no second mail', async ({ project, share, accept }) => {
    const key = `key-${project.id}`
    const first = await share({ key })
    const again = await share({ key })

    expect([first.replayed, again.replayed, again.token]).toEqual([false, true, undefined])
    expect(await accept(first.token)).toBe(project.id)
  })

  test('a link grants nothing when its sender has lost the role that shares, and a link of another sender does', async ({
    db,
    owner,
    project,
    share,
    accept,
    sharedNow,
  }) => {
    const { token } = await share()
    await setRole(db, owner.customer, 'developer')

    await expect(accept(token)).rejects.toEqual(code('share_withdrawn'))
    expect(await sharedNow()).toEqual([])
    await setRole(db, owner.customer, 'owner')
    expect(await accept(token)).toBe(project.id)
  })

  test('a link grants nothing while the account of its sender is disabled', async ({
    db,
    owner,
    project,
    share,
    accept,
    sharedNow,
  }) => {
    const { token } = await share()
    const disabled = (disabled_at: Date | null) =>
      db.updateTable('customers').set({ disabled_at }).where('id', '=', owner.customer).execute()
    await disabled(new Date())

    await expect(accept(token)).rejects.toEqual(code('share_withdrawn'))
    expect(await sharedNow()).toEqual([])
    await disabled(null)
    expect(await accept(token)).toBe(project.id)
  })

  test('a link to an archived project is refused until the project is in use again', async ({
    db,
    project,
    share,
    accept,
  }) => {
    const { token } = await share()
    await archiveProject(db, project.id, new Date())

    await expect(accept(token)).rejects.toEqual(code('project_archived'))
    await expect(share({ email: 'other@example.test' })).rejects.toEqual(code('project_archived'))
  })

  test('an org mails an address three links in an hour', async ({ share }) => {
    for (let i = 0; i < 3; i++) await share()

    await expect(share()).rejects.toEqual(code('too_many_links'))
  })

  test('orgs that have never paid share five links in an hour, and an org that has paid has its own', async ({
    db,
    market,
    share,
  }) => {
    const own = { org: market.org('acme-retail'), by: market.person('buyer') }
    const ours = { ...own, project: (await aProject(market)).slug }
    const stranger = await aPerson(db)
    const theirs = await aProjectOf(db, stranger.org.id, stranger.customer)
    for (let i = 0; i < 3; i++) await share()
    for (let i = 0; i < 2; i++)
      await share({ org: stranger.org.id, by: stranger.customer, project: theirs.slug })

    await aLicence(market, { package: 'northwind/module-core' })
    await expect(share(ours)).rejects.toEqual(code('too_many_links'))
    await aLicence(market, { package: 'northwind/module-search' })
    await share(ours)
  })

  test.for(['org', 'person'] as const)(
    'the %s sends at most 50 links a day to whatever addresses, invites included, and a refused one is no share',
    async (limit, { db, owner, guest, project, share }) => {
      await share()
      const of = { org: owner.org.id, person: owner.customer }[limit]
      const counted = createHash('sha256').update(`invites/${limit}/${of}`).digest()
      const { numUpdatedRows } = await db
        .updateTable('attempts')
        .set({ tries: 49 })
        .where('key_hash', '=', counted)
        .executeTakeFirstOrThrow()

      await share({ email: `n50-${guest.email}` })
      await expect(share({ email: `n51-${guest.email}` })).rejects.toMatchObject({
        code: 'too_many_links',
        params: { limit },
      })

      const page = { org: owner.org.id, project: project.id, limit: 9, at: new Date() }
      expect([numUpdatedRows, (await listShares(db, page)).length]).toEqual([1n, 2])
    },
  )

  test('no mail program makes a link of the names of an org, a project or a person in a mail', () => {
    const evil = 'pay.example/now'
    const site = { origin: 'https://market.example', link: 'https://market.example/share/x' }
    const shown = [
      MAIL_TEXTS.project_shared({ org: evil, project: evil, role: 'viewer', by: evil }, site),
      MAIL_TEXTS.receipt({ number: '1', order: 'ord_1', org: evil, total: '1.00 EUR' }, site),
      MAIL_TEXTS.org_invite({ org: evil, slug: 'pay', by: evil, role: 'viewer', until: 'then' }, site),
    ]

    expect(JSON.stringify(shown)).toContain('pay example now')
    expect(JSON.stringify(shown)).not.toContain('pay.example')
  })

  test.for([
    ['not an address', { email: 'nobody' }, 'email_not_valid'],
    ['an end in the past', { until: new Date(0) }, 'share_end_past'],
    ['a project of nobody', { project: 'nothing' }, 'project_not_found'],
  ] as const)(
    'a share with %s is refused, and no mail is sent',
    async ([, more, refused], { db, owner, project, share }) => {
      await expect(share(more)).rejects.toEqual(code(refused))
      expect(
        await listShares(db, { org: owner.org.id, project: project.id, limit: 9, at: new Date() }),
      ).toEqual([])
    },
  )
})
