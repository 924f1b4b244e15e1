import { describe, expect } from 'vitest'
import { addMember } from '#domain/orgs'
import { aGitOrg, type GitOrg } from '../../support/a-git-org.ts'
import { gitHostsTest } from '../../support/two-git-hosts.ts'
import { aPerson } from '../../support/mcp.ts'

const test = gitHostsTest

const refusing = (code: string) => expect.objectContaining({ code })

/** What a refused consent must not leave behind. */
async function leftBehind({ git, org, nudged }: GitOrg) {
  return { integrations: await git.list(org), nudged: await nudged() }
}
const NOTHING = { integrations: [], nudged: [] }

describe('an answer of a Git host that is not accepted', () => {
  test('a consent that was denied has its own code, stores nothing, and the person may try again', async ({
    db,
    gitlab,
  }) => {
    const org = await aGitOrg(db, gitlab)
    const operation = await org.waits()
    const denied = await org.comesBack({ operation, answer: 'deny' })

    await expect(org.completes(denied)).rejects.toEqual(refusing('git_consent_denied'))
    expect(await leftBehind(org)).toEqual(NOTHING)
    await expect(org.completes(denied)).rejects.toEqual(refusing('git_state_used'))
    expect(await org.audited()).toContainEqual(
      expect.objectContaining({ action: 'connect_git_host', outcome: 'refused', code: 'git_consent_denied' }),
    )
    expect(await org.completes(await org.comesBack({ operation }))).toMatchObject({ is: 'connected' })
  })

  test('a state that is unknown, used or older than 30 minutes has its own code and stores nothing', async ({
    db,
    gitlab,
  }) => {
    const org = await aGitOrg(db, gitlab)
    const back = await org.comesBack()
    const unknown = new URL(back)
    unknown.searchParams.set('state', 'x'.repeat(43))
    const later = new Date(Date.now() + 30 * 60_000 + 1_000)

    await expect(org.completes(unknown)).rejects.toEqual(refusing('git_state_unknown'))
    await expect(org.completes(new URL('https://market.example/'))).rejects.toEqual(
      refusing('git_state_unknown'),
    )
    await expect(org.completes(back, { at: later })).rejects.toEqual(refusing('git_state_expired'))
    expect(await leftBehind(org)).toEqual(NOTHING)
    await org.completes(back)
    await expect(org.completes(back)).rejects.toEqual(refusing('git_state_used'))
    expect(await org.git.list(org.org)).toHaveLength(1)
  })

  test('another person cannot complete a consent, even an owner of the same org, and does not use its state up', async ({
    db,
    gitlab,
  }) => {
    const org = await aGitOrg(db, gitlab)
    const other = await aPerson(db)
    await addMember(db, { org: org.org, customer: other.customer, role: 'owner', at: new Date() })
    const back = await org.comesBack()

    await expect(org.completes(back, { customer: other.customer })).rejects.toEqual(
      refusing('git_state_of_another_person'),
    )
    expect(await leftBehind(org)).toEqual(NOTHING)
    expect(await org.completes(back)).toMatchObject({ is: 'connected' })
  })

  test('a person who lost the role meanwhile connects nothing', async ({ db, gitlab }) => {
    const org = await aGitOrg(db, gitlab)
    const back = await org.comesBack()
    const member = db.updateTable('org_members').where('org_id', '=', org.org)
    await member.set({ role: 'developer' }).execute()

    await expect(org.completes(back)).rejects.toEqual(refusing('not_allowed'))
    expect(await leftBehind(org)).toEqual(NOTHING)
  })

  test.for(['cancelled', 'failed'] as const)(
    'an operation that is %s meanwhile connects nothing',
    async (status, { db, gitlab }) => {
      const org = await aGitOrg(db, gitlab)
      const operation = await org.waits()
      const back = await org.comesBack({ operation })
      await db
        .updateTable('operations')
        .set({ status, finished_at: new Date(), ...(status === 'failed' && { error: '{}' }) })
        .where('id', '=', operation)
        .execute()

      await expect(org.completes(back)).rejects.toEqual(refusing('git_consent_over'))
      expect(await leftBehind(org)).toEqual(NOTHING)
      await expect(org.comesBack({ operation })).rejects.toEqual(refusing('git_consent_over'))
    },
  )

  test('a role that is lost while the host is asked connects nothing, and the new tokens end at the host', async ({
    db,
    gitlab,
  }) => {
    const org = await aGitOrg(db, gitlab)
    const back = await org.comesBack()
    const before = (
      await gitlab.sim<{ grants: number }>('POST members', {
        path: 'vera/open',
        user: 'otto',
        access: 'none',
      })
    ).grants
    const { exchange } = gitlab.host
    gitlab.host.exchange = async (code) => {
      const accounts = await exchange(code)
      await db.updateTable('org_members').set({ role: 'viewer' }).where('org_id', '=', org.org).execute()
      return accounts
    }

    await expect(org.completes(back)).rejects.toEqual(refusing('not_allowed'))

    gitlab.host.exchange = exchange
    expect(await org.git.list(org.org)).toEqual([])
    const after = await gitlab.sim<{ grants: number }>('POST members', {
      path: 'vera/open',
      user: 'otto',
      access: 'none',
    })
    expect(after.grants).toBe(before)
  })

  test.for([
    ['500', 'git_host_unavailable'],
    ['lost', 'git_host_unavailable'],
    ['403', 'git_host_unavailable'],
  ] as const)(
    'a host that answers %s when the code is exchanged stores nothing',
    async ([answer, code], { db, gitlab }) => {
      const org = await aGitOrg(db, gitlab)
      const operation = await org.waits()
      const back = await org.comesBack({ operation })
      await gitlab.sim('POST fault', { match: 'POST /oauth/token', answer })

      await expect(org.completes(back)).rejects.toEqual(refusing(code))
      expect(await leftBehind(org)).toEqual(NOTHING)
      expect(await org.completes(await org.comesBack({ operation }))).toMatchObject({ is: 'connected' })
    },
  )

  test('a code that the host does not know is refused', async ({ db, gitlab }) => {
    const org = await aGitOrg(db, gitlab)
    const back = await org.comesBack()
    back.searchParams.set('code', 'invented')

    await expect(org.completes(back)).rejects.toEqual(refusing('git_code_refused'))
    expect(await org.git.list(org.org)).toEqual([])
  })

  test('a host that is no longer configured connects nothing', async ({ db, gitlab, github }) => {
    const org = await aGitOrg(db, gitlab)
    const back = await org.comesBack()
    const without = await aGitOrg(db, github)

    const said = (name: string) => back.searchParams.get(name) ?? ''
    const answer = {
      state: said('state'),
      code: said('code'),
      by: { customer: org.customer },
      at: new Date(),
    }
    // the other deployment has another key, too
    await expect(without.git.completeConsent(answer)).rejects.toThrow('another key')
    expect(await org.git.list(org.org)).toEqual([])
  })
})
