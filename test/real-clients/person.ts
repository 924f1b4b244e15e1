import type { Readable } from 'node:stream'
import { scriptedBrowser } from '../../sandbox/browser.ts'
import { allowedIn } from '../../sandbox/oauth-client.ts'
import { SANDBOX_PASSWORD } from '../../sandbox/seed/cast.ts'

/** The URL that a client prints for its person, without the codes of a terminal around it. */
const AUTHORIZE = /https?:\/\/[\w.:[\]-]+\/oauth\/authorize\?[\w.~%&=+-]+(?=[^\w.~%&=+-])/

/** Somebody who signs in and allows everything when a client asks for it. */
export interface Person {
  /**
   * Waits until a client prints the URL of a page, answers that page, and goes back to the client. Returns false when the
   * client ends without such a page.
   */
  answers: (...outputs: readonly Readable[]) => Promise<boolean>
}

export const aPerson = (email: string): Person => ({
  async answers(...outputs) {
    const url = await Promise.any(outputs.map(urlIn)).catch(() => undefined)
    if (!url) return false
    const person = { email, password: SANDBOX_PASSWORD }
    const browser = scriptedBrowser(new URL(url).origin)
    const back = await allowedIn(browser, url, { person, consent: { profile: 'all' } })
    const answer = await fetch(back)
    if (!answer.ok) throw new Error(`the client answered ${answer.status} to ${back.pathname}`)
    await answer.text()
    return true
  },
})

/** Rejects when the output ends without a URL. */
const urlIn = (output: Readable) =>
  new Promise<string>((resolve, reject) => {
    let printed = ''
    output.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
      const [url] = AUTHORIZE.exec(printed) ?? []
      if (url) resolve(url)
    })
    output.once('end', () => reject(new Error('no URL')))
  })
