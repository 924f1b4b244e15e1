import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { SANDBOX_PASSWORD } from '../../sandbox/seed/cast.ts'

/** A page in a separate browser context, and actions of a person on it. */
export interface Tab {
  page: Page
  /** Opens a link; with a name, signs in on the way. Returns the HTTP status. */
  open: (link: string, name?: string) => Promise<number>
  heading: () => Promise<string>
  /** Presses a button or follows a link. */
  press: (name: string) => Promise<void>
  /** Another tab of the same browser context, with its cookies. */
  another: () => Promise<Tab>
  close: () => Promise<void>
}

export async function aTab(browser: Browser, looks: BrowserContextOptions = {}): Promise<Tab> {
  const context = await browser.newContext(looks)
  context.setDefaultTimeout(8_000)
  return tabOf(await context.newPage())
}

function tabOf(page: Page): Tab {
  return {
    page,
    async open(link, name) {
      const answer = await page.goto(link)
      if (!name) return answer?.status() ?? 0
      await page.getByLabel('E-mail address').fill(`${name}@example.test`)
      await page.getByLabel('Password').fill(SANDBOX_PASSWORD)
      const response = page.waitForResponse((each) => each.url() === link)
      await page.getByLabel('Password').press('Enter')
      return (await response).status()
    },
    heading: () => page.getByRole('heading', { level: 1 }).innerText(),
    press: (name) => page.getByRole('button', { name }).or(page.getByRole('link', { name })).first().click(),
    another: async () => tabOf(await page.context().newPage()),
    close: () => page.context().close(),
  }
}
