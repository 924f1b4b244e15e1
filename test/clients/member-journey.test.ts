import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import type { KeyPair } from '#domain/projects'
import type { ProjectId } from '#kernel/ids'
import { freePort } from '../../sandbox/engines/process.ts'
import { aLicence, aMarket, aStorage } from '../support/a-market.ts'
import { aMailbox } from '../support/a-mailbox.ts'
import { aTab, type Tab } from '../support/a-tab.ts'
import { PASSWORD } from '../support/an-account.ts'
import { anApp } from '../support/an-app.ts'
import { launchBrowser } from '../support/browser.ts'
import { aComposerProject, type ComposerRun, composerVersion } from '../support/composer.ts'
import { aDatabase } from '../support/database.ts'
import { errorIn } from '../support/mcp-clients.ts'
import { aModernSdk } from '../support/oauth-clients.ts'

const program = inject('browserPath')
const version = await composerVersion()
const EMAIL = 'dora@example.test'
const PACKAGE = 'northwind/module-hello'

type Shop = Awaited<ReturnType<typeof aComposerProject>>

/** All doors on a port, with mail and zips; `buyer` owns Acme Retail, which has a licence with a free slot. */
async function anOpenMarket() {
  const port = await freePort()
  const publicUrl = `http://127.0.0.1:${port}`
  const [database, disk] = await Promise.all([aDatabase(), aStorage()])
  const licence = await aLicence(await aMarket(database.db), { package: PACKAGE })
  const { app, secrets } = await anApp(database.db, { publicUrl, storage: disk.storage })
  const mail = await aMailbox({ db: database.db, secrets, publicUrl })
  await app.listen({ port, host: '127.0.0.1' })
  return {
    publicUrl,
    mail,
    licence: licence.id,
    async close() {
      await mail.close()
      await app.close()
      await Promise.all([database.close(), disk.remove()])
    },
  }
}

/** Deletes what was installed and installs again, until it is stopped. */
function installsInALoop(shop: Shop) {
  const runs: ComposerRun[] = []
  let goesOn = true
  const loop = (async () => {
    while (goesOn) {
      await Promise.all([shop.forget('vendor'), shop.forget('cache')])
      runs.push(await shop.run('install'))
    }
  })()
  return {
    /** Waits until an installation that begins after this call has ended. */
    async installs() {
      const before = runs.length
      await vi.waitFor(() => expect(runs.length).toBeGreaterThan(before + 1), { timeout: 30_000 })
    },
    async stop() {
      goesOn = false
      await loop
      return runs
    },
  }
}

describe.skipIf(!program || !version)(
  'a developer from the invite to the removal',
  { timeout: 120_000 },
  () => {
    let market: Awaited<ReturnType<typeof anOpenMarket>>
    let browser: Browser
    let owner: Tab
    let dora: Tab
    let shop: Shop | undefined
    beforeAll(async () => {
      ;[market, browser] = await Promise.all([anOpenMarket(), launchBrowser(program ?? '')])
      ;[owner, dora] = await Promise.all([aPerson(), aPerson()])
    })
    afterAll(async () => {
      await browser?.close()
      await market?.close()
      await shop?.remove()
    })

    const aPerson = () => aTab(browser, { javaScriptEnabled: false })
    const at = (path: string) => `${market.publicUrl}${path}`
    const mainOf = ({ page }: Tab) => page.getByRole('main').innerText()

    async function ownerInvites() {
      await owner.open(at('/account/team'), 'buyer')
      await owner.page.getByLabel('E-mail address').fill(EMAIL)
      await owner.page.getByRole('radio', { name: 'Developer' }).check()
      await owner.press('Send the invite')
      expect(await mainOf(owner)).toContain(EMAIL)
    }

    async function developerSignsUpAndJoins() {
      await dora.open(at(await market.mail.linkTo(EMAIL, 'invites')))
      expect(await dora.heading()).toBe('Join Acme Retail')
      await dora.press('Open an account')
      await dora.open(at(await market.mail.linkTo(EMAIL)))
      await dora.page.getByLabel('Your name').fill('Dora Developer')
      await dora.page.getByLabel('New password').fill(PASSWORD)
      await dora.press('Open the account')
      await dora.press('Join Acme Retail')
      expect(await dora.heading()).toBe('Team')
    }

    /** Reads the keys from the page that shows new ones. */
    async function shownKeys(): Promise<KeyPair> {
      const [authJson = ''] = await dora.page.locator('pre').allInnerTexts()
      const [keys] = Object.values((JSON.parse(authJson) as AuthJson)['http-basic'])
      await dora.press('I have copied them')
      return { publicKey: keys?.username ?? '', privateKey: keys?.password ?? '' }
    }

    async function developerSetsUpAProject() {
      await dora.open(at('/account/projects/new'))
      await dora.page.getByLabel('Name').fill('Dora’s shop')
      await dora.press('Set up the project')
      const keys = await shownKeys()
      const page = dora.page.url()
      await dora.open(at(`/account/licences/${market.licence}`))
      await dora.press('Assign')
      return { page, keys, id: new URL(page).pathname.split('/').at(-1) as ProjectId }
    }

    async function developerRotatesTheKeys(page: string) {
      await dora.open(page)
      await dora.press('Rotate')
      await dora.press('Rotate the keys')
      return shownKeys()
    }

    const developerConnectsAnAssistant = () =>
      aModernSdk(new URL(at('/mcp')), {
        async open(url) {
          await dora.open(url)
          const left = dora.page.waitForRequest(/^http:\/\/127\.0\.0\.1:45678\/callback/)
          await dora.press('Allow')
          return new URL((await left).url())
        },
      })

    async function ownerRemovesTheDeveloper() {
      await owner.open(at('/account/team'))
      await owner.press('Change Dora Developer')
      await owner.press('Remove Dora Developer')
      await owner.press('Remove Dora Developer')
      expect(await owner.heading()).toBe('Dora Developer')
    }

    test('a developer is invited, joins, rotates keys while Composer installs, and is refused after the removal, also as an assistant', async () => {
      await ownerInvites()
      await developerSignsUpAndJoins()
      const project = await developerSetsUpAProject()
      const assistant = await developerConnectsAnAssistant()
      const listed = await assistant.call('list_projects')
      shop = await aComposerProject(market.publicUrl, { project: project.id, keys: project.keys })
      expect(await shop.run('require', PACKAGE)).toMatchObject({ exitCode: 0 })

      const composer = installsInALoop(shop)
      const fresh = await developerRotatesTheKeys(project.page)
      await composer.installs()
      await shop.signIn(fresh)
      await composer.installs()
      await ownerRemovesTheDeveloper()
      const [active, named] = [
        await assistant.call('list_projects'),
        await assistant.call('list_projects', { org: 'acme-retail' }),
      ]
      await dora.open(project.page)
      await composer.installs()
      const runs = await composer.stop()

      expect(JSON.stringify(listed.structuredContent)).toContain(project.id)
      expect(runs.filter(({ exitCode }) => exitCode !== 0)).toEqual([])
      expect(fresh.publicKey).not.toBe(project.keys.publicKey)
      expect([errorIn(active).code, errorIn(named).code]).toEqual(['active_org_lost', 'org_not_found'])
      expect(await mainOf(dora)).toContain('You are not in Acme Retail any more')
      expect(await mainOf(dora)).not.toContain('Dora’s shop')
      // the keys serve the shop, so that they go on until somebody of the org ends them
      expect(await mainOf(owner)).toMatch(/Keys “.*project dora-s-shop/s)
      await assistant.close()
    })
  },
)

interface AuthJson {
  'http-basic': Record<string, { username: string; password: string }>
}
