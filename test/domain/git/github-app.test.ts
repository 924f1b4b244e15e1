import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Db } from '#platform/database'
import { scriptedBrowser } from '../../../sandbox/browser.ts'
import { aGitHost, leftBy, type TestGitHost } from '../../support/a-git-host.ts'
import { aGitOrg } from '../../support/a-git-org.ts'
import { aDatabase } from '../../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let db: Db
let github: TestGitHost
beforeAll(async () => {
  ;[database, github] = await Promise.all([aDatabase(), aGitHost('github')])
  ;({ db } = database)
})
afterAll(() => Promise.all([github.stop(), database.close()]))

const refusing = (code: string) => expect.objectContaining({ code })

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
