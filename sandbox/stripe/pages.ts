import type { IncomingMessage, ServerResponse } from 'node:http'
import { showAuthenticationPage, submitAuthenticationPage } from './authentication-page.ts'
import type { Bank } from './bank.ts'
import { StripeRefusal } from './errors.ts'
import { parseForm } from './form.ts'
import { notice, type PageAnswer, sendPage } from './html.ts'
import { showPayPage, submitPayPage } from './pay-page.ts'
import { bodyOf } from './request-body.ts'

const PAGES = /^\/(pay|3ds)\/([^/]+)$/

/** Serves the pages for people. Returns false for any other path. */
export async function handlePage(
  bank: Bank,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const [, page, id = ''] = PAGES.exec(pathname) ?? []
  if (!page) return false
  const sent = request.method === 'POST' ? parseForm(await bodyOf(request)) : undefined
  sendPage(
    response,
    foundOr404(() => {
      if (page === 'pay')
        return sent ? submitPayPage(bank, id, sent) : showPayPage(bank, id, searchParams.get('card'))
      return sent ? submitAuthenticationPage(bank, id, sent) : showAuthenticationPage(bank, id)
    }),
  )
  return true
}

function foundOr404(answer: () => PageAnswer): PageAnswer {
  try {
    return answer()
  } catch (e) {
    if (!(e instanceof StripeRefusal)) throw e
    return notice('Nothing here', 'This link leads nowhere, or the sandbox was reset.', { status: 404 })
  }
}
