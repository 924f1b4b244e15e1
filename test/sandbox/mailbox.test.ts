import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MailNotSent, openMailer } from '#platform/mailer'
import { type Mailbox, startMailbox } from '../../sandbox/mailbox/index.ts'

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mailbox-'))
let mailbox: Mailbox
beforeAll(async () => {
  mailbox = await startMailbox({ dir })
})
afterAll(async () => {
  await mailbox.stop()
  fs.rmSync(dir, { recursive: true })
})

const letter = {
  to: 'Ann@Example.test',
  subject: 'Grüße <b>',
  text: 'Open https://market.example/link/abc?x=1&y=2 now.\n<script>alert(1)</script>',
  html: '<p>Hello</p><script>alert(1)</script>',
  messageId: 'one@market.example',
}
const from = 'Market <market@market.example>'
const send = (more: Partial<typeof letter> = {}, smtpUrl = mailbox.smtpUrl) =>
  openMailer({ smtpUrl, from }).send({ ...letter, ...more })
const get = async (url: string) => {
  const answer = await fetch(`${mailbox.url}${url}`)
  return {
    status: answer.status,
    policy: answer.headers.get('content-security-policy'),
    text: await answer.text(),
  }
}

describe('the mailbox of the sandbox', () => {
  test('pages of the stand-ins have an empty icon, so that no browser asks for /favicon.ico and finds nothing', async () => {
    const { text, policy } = await get('/')

    expect(text).toContain('<link rel="icon" href="data:,">')
    expect(policy).toContain('img-src data:')
  })

  test('the mailbox lists the mail that arrived by SMTP, newest first, as JSON and for one address', async () => {
    await send()
    await send({ to: 'bob@example.test', subject: 'Second', messageId: 'two@market.example' })

    const all = JSON.parse((await get('/api/messages')).text) as { messages: unknown[] }
    const hers = JSON.parse((await get('/api/messages?to=ann%40example.test')).text) as {
      messages: unknown[]
    }

    expect(all.messages).toMatchObject([{ id: 2, subject: 'Second' }, { id: 1 }])
    expect(hers.messages).toMatchObject([
      {
        id: 1,
        to: ['ann@example.test'],
        subject: 'Grüße <b>',
        message_id: '<one@market.example>',
        links: ['https://market.example/link/abc?x=1&y=2'],
      },
    ])
    expect((await get('/api/messages/1')).text).toContain('Grüße')
    expect((await get('/api/messages/9')).status).toBe(404)
  })

  test('the pages of the mailbox show a mail without running its scripts', async () => {
    const list = await get('/')
    const page = await get('/messages/1')
    const html = await get('/messages/1/html')

    expect(list.text).toContain('Grüße &#60;b&#62;')
    expect(page.text).not.toContain('<script>')
    expect(page.text).toContain('<a href="https://market.example/link/abc?x=1&#38;y=2">')
    expect(html.policy).toMatch(/^sandbox(?!.*allow-scripts)/)
    expect((await get('/messages/9')).status).toBe(404)
  })

  test('the mailbox keeps its mail for the next start', async () => {
    const next = await startMailbox({ dir })

    expect(next.messages.list().map(({ subject }) => subject)).toEqual(['Second', 'Grüße <b>'])
    await next.stop()
  })

  test('the mailbox refuses a sender that does not sign in as its user', async () => {
    const stranger = mailbox.smtpUrl.replace('sandbox-mailbox', 'somebody')

    await expect(send({}, stranger)).rejects.toMatchObject({ code: 'EAUTH 535', isFinal: false })
    await expect(send({}, stranger)).rejects.toBeInstanceOf(MailNotSent)
  })

  test('a page of another site cannot read the mailbox through a host name of its own', async () => {
    const { port } = new URL(mailbox.url)
    const status = await new Promise<number | undefined>((resolve, reject) => {
      import('node:http')
        .then(({ get: ask }) =>
          ask(
            { host: '127.0.0.1', port, path: '/api/messages', headers: { host: 'evil.example' } },
            (answer) => {
              answer.resume()
              resolve(answer.statusCode)
            },
          ).on('error', reject),
        )
        .catch(reject)
    })
    expect(status).toBe(403)
  })

  test('the page of an empty mailbox says how to get mail into it', async () => {
    await fetch(`${mailbox.url}/api/messages`, { method: 'DELETE' })

    expect((await get('/')).text).toContain('No mail yet')
    expect(fs.readdirSync(dir)).toEqual([])
  })
})

test('a server that offers no encryption gets no mail from another machine', async () => {
  const { port } = new URL(mailbox.smtpUrl)

  // 127.0.0.1 by a name that is not known as this machine
  const smtpUrl = `smtp://sandbox-mailbox:x@[::ffff:127.0.0.1]:${port}`
  await expect(send({}, smtpUrl)).rejects.toMatchObject({ isFinal: false })
})
