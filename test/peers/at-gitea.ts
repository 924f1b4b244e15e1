import path from 'node:path'
import pg from 'pg'
import type { Browser, Page } from 'playwright-core'
import { expect } from 'vitest'
import { openGitHosts } from '#platform/git-hosts/index'
import { gitHostsSetting } from '#platform/git-hosts/settings'
import { aShop, type Shop } from '../support/a-shop.ts'
import { aTab, type Tab } from '../support/a-tab.ts'
import { GITEA_USER, type Gitea } from './gitea.ts'

/** A shop that is an OAuth application of the Gitea. */
export const aGiteaShop = (gitea: Gitea): Promise<Shop> =>
  aShop({
    async gitHosts(publicUrl) {
      const app = await gitea.api<{ client_id: string; client_secret: string }>(
        'POST',
        'user/applications/oauth2',
        {
          name: 'packagento',
          confidential_client: true,
          redirect_uris: [`${publicUrl}/callbacks/git-host`],
        },
      )
      const { client_id, client_secret } = app
      const setting = [{ kind: 'gitea', url: gitea.url, client_id, client_secret }]
      return openGitHosts(gitHostsSetting.parse(JSON.stringify(setting)))
    },
  })

export interface Allowing {
  hooks?: boolean
  /** A folder for pictures of each page. */
  screenshots?: string
}

/**
 * A packagento user who has an account at the Gitea, in a real browser. They sign in at both sites for the first
 * consent.
 */
export function aPersonAtGitea(gitea: Gitea, browser: Browser, name: string) {
  let tab: Tab | undefined

  /** Opens the link of an operation, and allows the access at Gitea. */
  async function allows(link: string, { hooks = true, screenshots = '' }: Allowing = {}): Promise<void> {
    const isSignedIn = tab !== undefined
    tab ??= await aTab(browser)
    const { page, open, press, heading } = tab
    const shoot = async (file: string) =>
      screenshots && page.screenshot({ path: path.join(screenshots, `${file}.png`), fullPage: true })
    await open(link, isSignedIn ? undefined : name)
    if (hooks) await page.getByLabel('Create push hooks for me').check()
    await shoot('1-our-page')
    await press('Go to the Git host')
    await press('Open the page of the Git host')
    if (!isSignedIn) {
      await shoot('2-gitea-sign-in')
      await signIn(page)
    }
    const authorize = page.locator('button#authorize-app, form[action*="oauth/grant"] button').first()
    const arrived = page.getByRole('heading', { name: 'Done' })
    await authorize.or(arrived).first().waitFor()
    if (await authorize.isVisible()) {
      await shoot('3-gitea-consent')
      await authorize.click()
    }
    await arrived.waitFor()
    await shoot('4-done')
    expect(await heading()).toBe('Done')
  }

  async function signIn(page: Page): Promise<void> {
    await page.locator('input[name=user_name]').fill(GITEA_USER.name)
    await page.locator('input[name=password]').fill(GITEA_USER.password)
    await page.locator('input[name=password]').press('Enter')
  }

  /** Removes our application in Gitea's settings. */
  async function endsTheConsent(): Promise<void> {
    const database = new pg.Client({ connectionString: gitea.databaseUrl })
    await database.connect()
    const { rows } = await database.query<{ id: number; application_id: number }>(
      'select id, application_id from oauth2_grant',
    )
    await database.end()
    expect(rows).toHaveLength(1)
    for (const { id, application_id: of } of rows) {
      const url = `${gitea.url}/user/settings/applications/oauth2/${of}/revoke/${id}`
      const answer = await tab?.page.request.post(url, {
        headers: { origin: gitea.url, 'sec-fetch-site': 'same-origin' },
      })
      expect(answer?.status()).toBe(200)
    }
  }

  return {
    allows,
    endsTheConsent,
    /** Their current page. Undefined before the first consent. */
    page: () => tab?.page,
  }
}
