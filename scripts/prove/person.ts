import { type ScriptedBrowser, scriptedBrowser } from '../../sandbox/browser.ts'
import { signedInAt } from '../../sandbox/oauth-client.ts'
import type { Person } from './buyers.ts'

/** What a person does with an operation that waits for them. */
export type Act = 'approve' | 'refuse' | 'add a card'

const FIELDS: Record<Act, Record<string, string>> = {
  approve: { decision: 'approve' },
  refuse: { decision: 'refuse' },
  'add a card': { number: '4242424242424242', expiry: '12/34', cvc: '123' },
}

export interface InTheBrowser {
  /** Opens the link of an operation, follows it to the bank or to the card page, and answers there. */
  acts: (link: string, act: Act) => Promise<void>
}

/** The browser of a person, which may find any page out of order. An action that failed is simply repeated. */
export function inTheBrowser(publicUrl: string, person: Person): InTheBrowser {
  let signedIn: Promise<ScriptedBrowser> | undefined
  async function signIn(link: string): Promise<ScriptedBrowser> {
    const browser = scriptedBrowser(publicUrl)
    const page = await signedInAt(browser, link, person)
    if ('signIn' in page) throw new Error('could not sign in')
    return browser
  }
  return {
    async acts(link, act) {
      signedIn ??= signIn(link)
      const browser = await signedIn.catch((e: unknown) => {
        signedIn = undefined
        throw e
      })
      const page = await browser.open(link)
      if ('left' in page) return
      const { pathname } = new URL(link)
      if (!browser.hasForm(page, pathname)) return
      const next = await browser.submit(page, pathname)
      const outside = 'left' in next ? next.left.href : /class="button" href="([^"]+)"/.exec(next.body)?.[1]
      if (!outside || outside.startsWith(publicUrl)) return
      const body = new URLSearchParams(FIELDS[act])
      const answer = await fetch(outside.replaceAll('&amp;', '&'), {
        method: 'POST',
        body,
        redirect: 'manual',
      })
      await answer.body?.cancel()
      const back = answer.headers.get('location')
      if (back?.startsWith(publicUrl)) await browser.open(back)
    },
  }
}
