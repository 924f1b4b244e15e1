import { randomBytes } from 'node:crypto'
import { LONGEST_TEXT } from '#kernel/schemas'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPersonalOrg, liveRole, orgForCustomer } from '#domain/orgs'
import { listProjectTokens, addProjectToken, newKeyPair } from '#domain/projects'
import { acceptShare, shareEnd } from '#domain/sharing'
import { acceptInvite, openOrg, renameOrg, transferOrg } from '#domain/team'
import { type CustomerId, mintId } from '#kernel/ids'
import { projectName, tokenLabel } from '#kernel/schemas'
import type { Db } from '#platform/database'
import { openSecrets } from '#platform/secrets'
import { inTransaction } from '#platform/transactions'
import { aProjectOf, aShare } from '../../support/a-share.ts'
import { aTeam, at, somebody } from '../../support/a-team.ts'
import { aDatabase } from '../../support/database.ts'
import { lockWaiters } from '../../support/lock-waiters.ts'

const secrets = openSecrets({ key: randomBytes(32).toString('base64') })

let database: Awaited<ReturnType<typeof aDatabase>>
let db: Db
beforeAll(async () => {
  database = await aDatabase()
  ;({ db } = database)
})
afterAll(() => database.close())

/** Starts all of them while the row of a customer is locked; `change` is committed before they go on. */
async function whileLocked(
  customer: CustomerId,
  change: (tx: Db) => Promise<unknown>,
  ...acts: (() => Promise<unknown>)[]
): Promise<string[]> {
  let running: Promise<PromiseSettledResult<unknown>[]> | undefined
  await inTransaction(db, async (tx) => {
    await tx.selectFrom('customers').select('id').where('id', '=', customer).forUpdate().execute()
    await change(tx)
    running = Promise.allSettled(acts.map((act) => act()))
    await expect.poll(() => lockWaiters(db), { interval: 5 }).toBe(acts.length)
  })
  return ((await running) ?? []).map((each) =>
    each.status === 'fulfilled' ? 'done' : (each.reason as { code: string }).code,
  )
}

test('an org is not handed over to a member whose account is disabled', async () => {
  const team = await aTeam(db, 'owner', 'admin')
  const { customer: member } = team.people.admin
  await db.updateTable('customers').set({ disabled_at: at }).where('id', '=', member).execute()

  await expect(
    transferOrg(db, { ...team.by('owner'), member, confirm: team.org.slug }),
  ).rejects.toMatchObject({ code: 'member_not_found' })
  expect(await team.roles()).toEqual({ owner: 'owner', admin: 'admin' })
})

test('an org has at most 100 pending invites, and an expired one makes room', async () => {
  const team = await aTeam(db, 'owner')
  const minutesOn = (minutes: number) => new Date(at.getTime() + minutes * 60_000)
  const invites = Array.from({ length: 100 }, (_, i) => ({
    id: mintId('inv', at, Math.random),
    org_id: team.org.id,
    email_norm: `n${i}@example.test`,
    role: 'viewer' as const,
    token_hash: randomBytes(32),
    invited_by: team.people.owner.customer,
    created_at: minutesOn(-2),
    expires_at: minutesOn(1),
  }))
  await db.insertInto('org_invites').values(invites).execute()

  await expect(team.invites('owner', 'one-more@example.test', 'viewer')).rejects.toMatchObject({
    code: 'too_many_pending_invites',
  })
  const first = invites[0]?.id ?? 'inv_'
  await db
    .updateTable('org_invites')
    .set({ expires_at: minutesOn(-1) })
    .where('id', '=', first)
    .execute()
  expect(await team.invites('owner', 'one-more@example.test', 'viewer')).toHaveProperty('token')
})

test('an invite is not accepted by a person whose address changes at the same time', async () => {
  const team = await aTeam(db, 'owner')
  const { customer, caller, email } = await somebody(db)
  const { id: invite } = await team.invites('owner', email, 'viewer')

  const outcome = await whileLocked(
    customer,
    (tx) =>
      tx
        .updateTable('customers')
        .set({ email_norm: `new-${email}` })
        .where('id', '=', customer)
        .execute(),
    () => acceptInvite(db, { caller, invite, at }),
  )

  expect(outcome).toEqual(['invite_not_found'])
  expect(await liveRole(db, team.org.id, customer)).toBeUndefined()
})

test('who accepts a share and an invite at the same moment is a member and no guest', async () => {
  const team = await aTeam(db, 'owner')
  const { customer, caller, email } = await somebody(db)
  const { id: project } = await aProjectOf(db, team.org.id, team.people.owner.customer)
  const by = team.people.owner.customer
  const { token = '' } = await aShare(db, secrets, { org: team.org.id, by, project, email })
  const { id: invite } = await team.invites('owner', email, 'viewer')

  const [, joined] = await whileLocked(
    customer,
    async () => {},
    () => acceptShare(db, { token, customer, at: new Date(), request: 'req_1' }),
    () => acceptInvite(db, { caller, invite, at: new Date() }),
  )

  const open = await db
    .selectFrom('project_shares')
    .select('id')
    .where('org_id', '=', team.org.id)
    .where('ended_at', 'is', null)
    .execute()
  expect([joined, await liveRole(db, team.org.id, customer), open]).toEqual(['done', 'viewer', []])
})

test('a refused try to take a slug counts, so that nobody finds out which ones are taken', async () => {
  const { caller } = await somebody(db)
  const tries = []
  for (let i = 0; i < 41; i++)
    tries.push(
      await openOrg(db, { caller, name: 'Mine', slug: 'packagento-inc', at }).catch(
        ({ code }: { code: string }) => code,
      ),
    )

  expect([tries[39], tries[40]]).toEqual(['org_slug_taken', 'too_many_orgs'])
})

test.for(['packagento@example.test', 'packagento-team@example.test', 'support@example.test'])(
  'the personal org of %s does not pass for the market',
  async (email) => {
    const { customer } = await somebody(db)

    const id = await createPersonalOrg(db, { customer, email, name: 'Somebody', at })

    expect((await orgForCustomer(db, customer, id)).slug).toMatch(/^org-of-\d{6}$/)
  },
)

test('an org takes neither the name of the market nor a slug that passes for it', async () => {
  const team = await aTeam(db, 'owner')
  const { caller } = team.people.owner
  const refused = async (act: Promise<unknown>) =>
    act.then(
      () => 'done',
      ({ code }: { code: string }) => code,
    )

  expect([
    await refused(openOrg(db, { caller, name: 'Packagento', slug: 'my-own-market', at })),
    await refused(renameOrg(db, { ...team.by('owner'), name: 'packa gento Support' })),
    await refused(openOrg(db, { caller, name: 'Mine', slug: 'security', at })),
  ]).toEqual(['org_name_invalid', 'org_name_invalid', 'org_slug_taken'])
})

test('the stored name of an org is saved again without a change, also when a newer rule refuses it', async () => {
  for (const name of ['Аcme Shops', 'Packagento Support']) {
    const team = await aTeam(db, 'owner', 'admin')
    await db.updateTable('orgs').set({ name }).where('id', '=', team.org.id).execute()

    await renameOrg(db, { ...team.by('owner'), name })
    expect(await team.actions()).toEqual([])
    await expect(renameOrg(db, { ...team.by('admin'), name })).rejects.toMatchObject({ code: 'not_allowed' })
  }
})

test.for([
  'Admin.',
  '(Support)',
  'Pàckagento',
  'Ａｄｍｉｎ',
  '- Packa.gento Team -',
  'Аԁміп',
  'ᴀᴅᴍɪɴ',
  'А-dmin',
  'Adm1n',
  'pаckаgento',
  'Асmе Retail',
])('an org is not named %s, which passes for the market or mixes alphabets', async (name) => {
  const team = await aTeam(db, 'owner')

  await expect(renameOrg(db, { ...team.by('owner'), name })).rejects.toMatchObject({
    code: 'org_name_invalid',
  })
})

test('a text that is far too long is refused before it is shortened or normalized', async () => {
  const team = await aTeam(db, 'owner')
  const name = `${' '.repeat(LONGEST_TEXT)}Acme`

  await expect(renameOrg(db, { ...team.by('owner'), name })).rejects.toMatchObject({
    code: 'org_name_invalid',
  })
})

test('keys that work are listed, however many newer ones ended', async () => {
  const team = await aTeam(db, 'owner')
  const { customer: createdBy } = team.people.owner
  const { id: project } = await aProjectOf(db, team.org.id, createdBy)
  const aToken = async () => {
    const id = mintId('ptk', at, Math.random)
    await addProjectToken(db, { id, project, label: 'ci', keys: newKeyPair(), createdBy, at })
    return id
  }
  const all = [await aToken(), await aToken(), await aToken(), await aToken()].sort()
  const [works, ended] = all
  const later = db.updateTable('project_tokens').where('id', '>', works ?? 'ptk_')
  await later.set({ revoked_at: at }).execute()
  await db
    .updateTable('project_tokens')
    .set({ revoked_at: null, expires_at: at })
    .where('id', '=', ended ?? 'ptk_')
    .execute()

  const listed = await listProjectTokens(db, { project, works: true, limit: 2, at })

  expect(listed.map(({ id }) => id)).toEqual([works])
})

test.for([
  ['2026-12-31', '2026-12-31T23:59:59.000Z'],
  ['2026-12-31T10:00:00+02:00', '2026-12-31T08:00:00.000Z'],
  ['2026-02-31', undefined],
  ['soon', undefined],
] as const)('a share until %s ends at %s', ([text, end]) => {
  expect(shareEnd(text)?.toISOString()).toBe(end)
})

test.for(['two\nlines', 'left \u202e right', 'a \u0000 b', 'a\u2028b'])(
  'no project and no key is named %j',
  (name) => {
    expect([projectName.safeParse(name).success, tokenLabel.safeParse(name).success]).toEqual([false, false])
    expect(projectName.parse(' Wäsche & Co ')).toBe('Wäsche & Co')
  },
)
