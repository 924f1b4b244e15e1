import { describe, expect } from 'vitest'
import { aGitOrg } from '../../support/a-git-org.ts'
import { gitHostsTest } from '../../support/two-git-hosts.ts'

const test = gitHostsTest

const refusing = (code: string) => expect.objectContaining({ code })

describe('a person who consents at a Git host', () => {
  test('the account is stored, and every operation of the org that waits for this host is nudged', async ({
    db,
    gitlab,
  }) => {
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

  test('the stored tokens are encrypted for their row, and no table holds a secret as plain text', async ({
    db,
    gitlab,
  }) => {
    const org = await aGitOrg(db, gitlab)
    const page = await org.waits()
    const back = await org.comesBack({ operation: page })
    await org.completes(back)
    const [{ id } = { id: '' }] = await org.git.list(org.org)
    const { key_id: keyId, sealed } = (await org.row(id)) as { key_id: string; sealed: Buffer }

    const opened = org.secrets.open({ keyId, sealed }, id)
    expect(JSON.parse(opened)).toMatchObject({ accessToken: expect.stringMatching(/^gloas-/) })
    expect(() => org.secrets.open({ keyId, sealed }, `${id}x`)).toThrow('authenticate')
    const { accessToken, refreshToken } = JSON.parse(opened) as Record<string, string>
    for (const table of ['git_integrations', 'git_authorizations', 'operations', 'outbox', 'audit_events']) {
      const { rows } = await db
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

  test('a second consent for the same account replaces the first, whose tokens end at the host', async ({
    db,
    gitlab,
  }) => {
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

  test('two consents for the same account at once leave one integration', async ({ db, gitlab }) => {
    const org = await aGitOrg(db, gitlab)
    const backs = [await org.comesBack(), await org.comesBack()]

    await Promise.all(backs.map((back) => org.completes(back)))

    expect(await org.git.list(org.org)).toMatchObject([{ account: 'vera', state: 'connected' }])
  })

  test('a state that is used twice at once connects once', async ({ db, gitlab }) => {
    const org = await aGitOrg(db, gitlab)
    const back = await org.comesBack()

    const both = await Promise.allSettled([org.completes(back), org.completes(back)])

    const refused = both.filter(({ status }) => status === 'rejected')
    expect(refused).toEqual([{ status: 'rejected', reason: refusing('git_state_used') }])
    expect(await org.git.list(org.org)).toHaveLength(1)
  })
})
