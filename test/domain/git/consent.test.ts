import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addMember } from '#domain/orgs'
import type { Db } from '#platform/database'
import { aGitHost, leftBy, type TestGitHost } from '../../support/a-git-host.ts'
import { aGitOrg, type GitOrg } from '../../support/a-git-org.ts'
import { aDatabase } from '../../support/database.ts'
import { aPerson } from '../../support/mcp.ts'
import { scriptedBrowser } from '../../../sandbox/browser.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let db: Db
let gitlab: TestGitHost
let github: TestGitHost
beforeAll(async () => {
  ;[database, gitlab, github] = await Promise.all([aDatabase(), aGitHost('gitlab'), aGitHost('github')])
  ;({ db } = database)
})
afterAll(() => Promise.all([gitlab.stop(), github.stop(), database.close()]))

const refusing = (code: string) => expect.objectContaining({ code })

/** What a refused consent must not leave behind. */
async function leftBehind({ git, org, nudged }: GitOrg) {
  return { integrations: await git.list(org), nudged: await nudged() }
}
const NOTHING = { integrations: [], nudged: [] }
const clear = () => db.deleteFrom('outbox').execute()

describe('a person who consents at a Git host', () => {
  test('the account is stored, and every operation of the org that waits for this host is nudged', async () => {
    await clear()
    const org = await aGitOrg(db, gitlab)
    const [first, second] = [await org.waits(), await org.waits()]
    const stranger = await aGitOrg(db, gitlab)
    await stranger.waits()

    const outcome = await org.completes(await org.comesBack({ operation: first }))

    expect(outcome).toEqual({ is: 'connected', operation: first, host: gitlab.host.host, accounts: ['vera'] })
    expect(await org.git.list(org.org)).toMatchObject([
      { account: 'vera', state: 'connected', mayHook: true, operation: first, connectedBy: 'Ann' },
    ])
    expect((await org.nudged()).toSorted()).toEqual(
      [first, second].map((id) => `start_git_integration/${id}`).toSorted(),
    )
    expect((await org.audited()).map(({ action }) => action)).toEqual([
      'open_git_consent',
      'connect_git_host',
    ])
  })

  test('the stored tokens are encrypted for their row, and no table holds a secret in clear', async () => {
    const org = await aGitOrg(db, gitlab)
    const page = await org.waits()
    const back = await org.comesBack({ operation: page })
    await org.completes(back)
    const [{ id } = { id: '' }] = await org.git.list(org.org)
    const { key_id: keyId, sealed } = (await org.row(id)) as { key_id: string; sealed: Buffer }

    const opened = org.secrets.open({ keyId, sealed }, id)
    expect(JSON.parse(opened)).toMatchObject({ accessToken: expect.stringMatching(/^gloas-/) })
    expect(() => org.secrets.open({ keyId, sealed }, `${id}x`)).toThrow()
    const { accessToken, refreshToken } = JSON.parse(opened) as Record<string, string>
    for (const table of ['git_integrations', 'git_authorizations', 'operations', 'outbox', 'audit_events']) {
      const { rows } = await database.db
        .selectFrom(table as 'operations')
        .select((row) => row.fn<string>('to_jsonb', [table as never]).as('all'))
        .execute()
        .then((all) => ({ rows: JSON.stringify(all) }))
      for (const secret of [
        accessToken,
        refreshToken,
        back.searchParams.get('state'),
        back.searchParams.get('code'),
      ])
        expect(rows).not.toContain(secret)
    }
  })

  test('a second consent for the same account replaces the first, whose tokens end at the host', async () => {
    const org = await aGitOrg(db, gitlab)
    const first = await org.connects()
    const { sealed, key_id } = (await org.row(first.id)) as { sealed: Buffer; key_id: string }
    const { accessToken } = JSON.parse(org.secrets.open({ keyId: key_id, sealed }, first.id)) as Record<
      string,
      string
    >

    const second = await org.connects()

    expect([second.id, (await org.git.list(org.org)).length]).toEqual([first.id, 1])
    const answer = await fetch(`${gitlab.url}/api/v4/user`, {
      headers: { authorization: `Bearer ${accessToken}` },
    })
    expect(answer.status).toBe(401)
  })

  test('two consents for the same account at once leave one integration', async () => {
    const org = await aGitOrg(db, gitlab)
    const backs = [await org.comesBack(), await org.comesBack()]

    await Promise.all(backs.map((back) => org.completes(back)))

    expect(await org.git.list(org.org)).toMatchObject([{ account: 'vera', state: 'connected' }])
  })

  test('one state that comes back twice at once connects once', async () => {
    const org = await aGitOrg(db, gitlab)
    const back = await org.comesBack()

    const both = await Promise.allSettled([org.completes(back), org.completes(back)])

    const refused = both.filter(({ status }) => status === 'rejected')
    expect(refused).toEqual([{ status: 'rejected', reason: refusing('git_state_used') }])
    expect(await org.git.list(org.org)).toHaveLength(1)
  })
})

describe('an answer of a Git host that is not accepted', () => {
  test('a consent that was denied has its own code, leaves nothing, and the person may try again', async () => {
    await clear()
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

  test('a state that is unknown, used or older than 30 minutes has its own code and leaves nothing', async () => {
    await clear()
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

  test('another person cannot complete it, even an owner of the same org, and does not use the state up', async () => {
    await clear()
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

  test('a person who lost the role meanwhile connects nothing', async () => {
    await clear()
    const org = await aGitOrg(db, gitlab)
    const back = await org.comesBack()
    const member = db.updateTable('org_members').where('org_id', '=', org.org)
    await member.set({ role: 'developer' }).execute()

    await expect(org.completes(back)).rejects.toEqual(refusing('not_allowed'))
    expect(await leftBehind(org)).toEqual(NOTHING)
  })

  test.for(['cancelled', 'failed'] as const)(
    'an operation that is %s meanwhile connects nothing',
    async (status) => {
      await clear()
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

  test('a role that is lost while the host is asked connects nothing, and the new tokens end at the host', async () => {
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
  ] as const)('a host that answers %s when the code is traded leaves nothing', async ([answer, code]) => {
    await clear()
    const org = await aGitOrg(db, gitlab)
    const operation = await org.waits()
    const back = await org.comesBack({ operation })
    await gitlab.sim('POST fault', { match: 'POST /oauth/token', answer })

    await expect(org.completes(back)).rejects.toEqual(refusing(code))
    expect(await leftBehind(org)).toEqual(NOTHING)
    expect(await org.completes(await org.comesBack({ operation }))).toMatchObject({ is: 'connected' })
  })

  test('a code that the host does not know is refused', async () => {
    const org = await aGitOrg(db, gitlab)
    const back = await org.comesBack()
    back.searchParams.set('code', 'invented')

    await expect(org.completes(back)).rejects.toEqual(refusing('git_code_refused'))
    expect(await org.git.list(org.org)).toEqual([])
  })

  test('a host that is no longer configured connects nothing', async () => {
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
    await expect(without.git.completeConsent(answer)).rejects.toThrow()
    expect(await org.git.list(org.org)).toEqual([])
  })
})

describe('the App of GitHub', () => {
  /** The person chooses repositories on GitHub's page. Returns the URL to which GitHub sends them back. */
  async function installs(url: string, as: string, paths: string[], answer = 'install') {
    const browser = scriptedBrowser(github.url)
    const page = await browser.open(url)
    if ('left' in page) throw new Error('left')
    const ids = paths.map((path) => new RegExp(`value="(\\d+)"[^>]*> ${path}<`).exec(page.body)?.[1] ?? '')
    return leftBy(await browser.submit(page, /installations\/new$/, { user: as, repository: ids, answer }))
  }

  test('a person without an installation chooses repositories, consents again, and then it is connected', async () => {
    const org = await aGitOrg(db, github)
    const operation = await org.waits()

    const first = await org.completes(await org.comesBack({ operation }))
    if (first.is !== 'install') throw new Error(first.is)
    expect(await org.git.list(org.org)).toEqual([])
    const back = await installs(first.url, 'vera', ['vera/module-one'])
    expect(back.searchParams.get('setup_action')).toBe('install')
    const second = await org.completes(back)
    if (second.is !== 'consent') throw new Error(second.is)
    const third = await org.completes(await github.answers(second.url, 'vera'))

    expect(third).toMatchObject({ is: 'connected', operation, accounts: ['vera'] })
    expect(await org.git.list(org.org)).toMatchObject([{ account: 'vera', repositories: 1, mayHook: true }])
    expect(await org.row((await org.git.list(org.org))[0]?.id ?? '')).toMatchObject({
      sealed: null,
      key_id: null,
    })
    await expect(org.completes(back)).rejects.toEqual(refusing('git_state_used'))
  })

  test('the installation that a URL names is never trusted', async () => {
    await github.sim('POST install', { account: 'vera', paths: ['vera/module-one'] })
    const org = await aGitOrg(db, github)
    const forged = await org.comesBack({ as: 'otto' })
    const { installations } = await github.sim<{ installations: number }>('POST expire')
    expect(installations).toBeGreaterThan(0)
    forged.searchParams.set('installation_id', '1001')
    forged.searchParams.set('setup_action', 'install')

    const outcome = await org.completes(forged)
    if (outcome.is !== 'consent') throw new Error(outcome.is)
    const after = await org.completes(await github.answers(outcome.url, 'otto'))

    expect(after.is).toBe('install')
    expect(await org.git.list(org.org)).toEqual([])
  })

  test('an installation that an owner has to approve connects nothing yet', async () => {
    const org = await aGitOrg(db, github)
    const first = await org.completes(await org.comesBack({ as: 'otto' }))
    if (first.is !== 'install') throw new Error(first.is)

    const back = await installs(first.url, 'otto', [], 'request')

    expect(await org.completes(back)).toEqual({ is: 'requested', host: github.host.host })
    expect(await org.git.list(org.org)).toEqual([])
  })
})
