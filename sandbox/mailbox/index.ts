import type { IncomingMessage, ServerResponse } from 'node:http'
import { guardedServer } from '../guard.ts'
import { listening } from '../listening.ts'
import { notice, type PageAnswer, sendPage } from '../stripe/html.ts'
import { listPage, messagePage } from './page.ts'
import { type MailboxFaults, smtpServer, USER } from './smtp.ts'
import { type MessageStore, openMessages } from './store.ts'

export interface MailboxOptions {
  /** The preferred ports. Free ports are used when these are absent or taken. */
  smtpPort?: number
  webPort?: number
  /** Folder of the messages. Without a folder, the messages are lost when the mailbox stops. */
  dir?: string
  faults?: MailboxFaults
}

export interface Mailbox {
  /** The page, and the API: `GET /api/messages?to=`, `GET /api/messages/1`, `DELETE /api/messages`. */
  url: string
  /** For `SMTP_URL`. */
  smtpUrl: string
  messages: MessageStore
  stop: () => Promise<void>
}

/** Starts a mail server on the loopback address that keeps everything, with a page and an API that show it. */
export async function startMailbox({
  smtpPort = 0,
  webPort = 0,
  dir,
  faults = {},
}: MailboxOptions = {}): Promise<Mailbox> {
  const messages = openMessages(dir)
  const smtp = smtpServer(messages, faults)
  // a client that is killed resets its connection
  smtp.on('error', () => {})
  const web = guardedServer(
    (request, response) => handle(messages, request, response),
    (e, response) => {
      console.error('the mailbox failed', e)
      response.destroy()
    },
  )
  const smtpAt = await listening(smtp.server, smtpPort)
  const webAt = await listening(web, webPort)
  return {
    url: `http://127.0.0.1:${webAt}`,
    smtpUrl: `smtp://${USER}:not-a-password@127.0.0.1:${smtpAt}`,
    messages,
    async stop() {
      web.closeAllConnections()
      await Promise.all([
        new Promise((resolve) => web.close(resolve)),
        new Promise<void>((resolve) => {
          smtp.close(() => resolve())
          for (const connection of smtp.connections) connection.close()
        }),
      ])
    },
  }
}

function handle(store: MessageStore, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://mailbox')
  const [, kind = '', rest = '', id = '', more] = pathname.split('/')
  if (kind === 'api' && rest === 'messages') return answerApi(store, request, response, { id, searchParams })
  if (request.method !== 'GET') return void response.writeHead(405).end()
  if (kind === 'messages' && id === 'html' && more === undefined)
    return sendHtml(store, Number(rest), response)
  sendPage(response, pageAt(store, kind, rest))
}

function pageAt(store: MessageStore, kind: string, id: string): PageAnswer {
  const message = kind === 'messages' ? store.find(Number(id)) : undefined
  if (message) return messagePage(message)
  if (kind === '') return listPage(store.list())
  return notice('Not found', 'There is no such message.', { status: 404, back: '/' })
}

function answerApi(
  store: MessageStore,
  { method }: IncomingMessage,
  response: ServerResponse,
  { id, searchParams }: { id: string; searchParams: URLSearchParams },
): void {
  const send = (status: number, body: unknown) =>
    void response
      .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
      .end(JSON.stringify(body))
  if (method === 'DELETE' && !id) {
    store.clear()
    return send(200, { messages: [] })
  }
  if (method !== 'GET') return send(405, { error: 'use GET, or DELETE for all messages' })
  if (!id) return send(200, { messages: store.list(searchParams.get('to') ?? undefined) })
  const message = store.find(Number(id))
  return message ? send(200, message) : send(404, { error: 'there is no such message' })
}

/** The browser shows the markup of a mail in a sandboxed frame, without scripts. */
function sendHtml(store: MessageStore, id: number, response: ServerResponse): void {
  const message = store.find(id)
  response
    .writeHead(message ? 200 : 404, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "sandbox allow-popups allow-top-navigation-by-user-activation; default-src 'none'; style-src 'unsafe-inline'",
    })
    .end(message?.html ?? '')
}
