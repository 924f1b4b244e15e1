import type { Readable } from 'node:stream'
import { scriptedBrowser } from '../../sandbox/browser.ts'
import { allowedIn } from '../../sandbox/oauth-client.ts'
import { SANDBOX_PASSWORD } from '../../sandbox/seed/cast.ts'

/** The URL that a client prints for its person, without the codes of a terminal around it. */
const AUTHORIZE = /https?:\/\/[\w.:[\]-]+\/oauth\/authorize\?[\w.~%&=+-]+(?=[^\w.~%&=+-])/

/** Somebody who signs in and allows everything when a client asks for it. */
export interface Person {
  /** Waits until a client prints the URL of a page, answers that page, and goes back to the client. */
  answers: (...outputs: readonly Readable[]) => Promise<void>
}

export const aPerson = (email: string): Person => ({
  async answers(...outputs) {
    const url = await Promise.any(outputs.map(urlIn))
    const person = { email, password: SANDBOX_PASSWORD }
    const back = await allowedIn(scriptedBrowser(new URL(url).origin), url, {
      person,
      consent: { profile: 'all' },
    })
    const answer = await fetch(back)
    if (!answer.ok) throw new Error(`the client answered ${answer.status} to ${back.pathname}`)
    await answer.text()
  },
})

async function urlIn(output: Readable): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = ''
    output.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
      const [url] = AUTHORIZE.exec(printed) ?? []
      if (url) resolve(url)
    })
    output.once('end', () => reject(new Error('the client printed no page to open')))
  })
}
