import { ORGS, PEOPLE } from '../../sandbox/seed/cast.ts'
import { aTab, type Tab } from '../support/a-tab.ts'
import { findBrowser, launchBrowser } from '../support/browser.ts'
import type { Cardholder } from './conversation.ts'

const ACCOUNT = 'threeds'

/** The person of the demo market whose bank always requires authentication, in a browser. */
export async function aCardholder() {
  const person = PEOPLE.find(({ email }) => email.startsWith(`${ACCOUNT}@`))
  const org = Object.keys(person?.orgs ?? {}).find((slug) => ORGS[slug])
  if (!person || !org) throw new Error('the demo market has no person whose bank requires authentication')
  // otherwise the browser ends this process at Ctrl-C, before the clean-up
  const noSignals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false }
  const browser = await launchBrowser(await findBrowser('.data/bin'), noSignals)
  let tab: Tab | undefined
  const holder: Cardholder = {
    name: person.displayName,
    org,
    async confirms(link) {
      const isFirst = !tab
      tab ??= await aTab(browser)
      await tab.open(link, isFirst ? ACCOUNT : undefined)
      await tab.press('Confirm the payment')
      await tab.press('Open your bank')
      await tab.press('Approve')
      await tab.page.getByRole('heading', { name: 'Done' }).waitFor()
    },
  }
  return { ...holder, account: person.email, close: () => browser.close() }
}
