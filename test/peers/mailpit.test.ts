import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MailData, type MailKind, mailSecretAbout, queueMail } from '#domain/mail'
import { openLogger } from '#platform/logger'
import { openMailer } from '#platform/mailer'
import { openSecrets } from '#platform/secrets'
import { startMailRelay } from '../../src/relay/mail-relay.ts'
import { linkOf } from '../../src/relay/mail-letter.ts'
import { MAIL_TEXTS, type MailText } from '../../src/relay/mail-texts.ts'
import { aVisitor } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'
import { type Arrived, MAILPIT, type Mailpit, startMailpit } from './mailpit.ts'
import { programOf } from './peer.ts'

const ORIGIN = 'https://market.example'
const TOKEN = 'a-token-of-a-link'
const at = '2026-11-30T10:00:00.000Z'
/** One mail of each kind, with letters of many languages in what people chose. */
const MAILS: { [Kind in MailKind]: MailData[Kind] } = {
  sign_up: {},
  already_signed_up: {},
  password_reset: {},
  no_account: {},
  email_change: {},
  email_change_asked: { newEmail: 'new@example.test', at },
  email_taken: {},
  email_changed: { newEmail: 'new@example.test' },
  password_changed: { at },
  second_factor_added: { at },
  second_factor_removed: { at },
  second_factor_failing: { at },
  recovery_code_used: { at, left: 9 },
  git_consent_reminder: { host: 'git.example', org: 'Åcme', url: `${ORIGIN}/o/a-token`, until: at },
  tag_moved: { package: 'acme/widget', tag: 'v1.0.0', from: '1'.repeat(40), to: '2'.repeat(40) },
  dependency_missing: {
    package: 'acme/a',
    name: 'acme/b',
    more: [{ package: 'acme/a', name: 'acme/c' }],
    others: 9,
  },
  vendor_approved: { slug: 'acme', org: 'Åcme' },
  vendor_declined: { slug: 'acme', org: 'Åcme', reason: 'Die Website <b>zeigt</b> 商店.' },
  org_invite: { org: 'Åcme 商店', slug: 'acme', by: 'Ann <b>B</b>', role: 'developer', until: at },
  org_transferred: { org: 'Åcme', slug: 'acme', by: 'Ann' },
  receipts_go_elsewhere: { org: 'Åcme', email: 'invoices@acme.example', client: 'An assistant' },
  org_deleted: { org: 'Åcme', slug: 'acme', at },
  project_shared: { org: 'Åcme', project: 'Läden <b>商店</b>', role: 'developer', by: 'Ågot' },
  receipt: { number: '2026-000001', order: 'ord_1', org: 'Åcme', total: '49.00 EUR' },
  new_connection: { clientName: 'Käse & <b>Brot</b> 商店', org: 'Åcme', scopes: ['read', 'buy'], at },
}
const KINDS = Object.keys(MAILS) as MailKind[]
const WITH_LINK: readonly MailKind[] = [
  'sign_up',
  'already_signed_up',
  'password_reset',
  'no_account',
  'email_change',
  'org_invite',
  'project_shared',
]

const program = await programOf(MAILPIT)

describe.skipIf(!program)('mails to a mailpit', () => {
  let mailpit: Mailpit
  let database: Awaited<ReturnType<typeof aDatabase>>
  let relay: ReturnType<typeof startMailRelay>
  const secrets = openSecrets({ key: randomBytes(32).toString('base64') })
  beforeAll(async () => {
    ;[mailpit, database] = await Promise.all([startMailpit(program ?? ''), aDatabase()])
    const mailer = openMailer({ smtpUrl: mailpit.smtpUrl, from: 'Märkt <market@market.example>' })
    const log = openLogger({ level: 'silent' })
    relay = startMailRelay({ db: database.db, secrets, publicUrl: ORIGIN, mailer, log })
  })
  afterAll(async () => {
    await relay?.stop()
    await Promise.all([mailpit?.stop(), database?.close()])
  })

  /** Sends what waits; returns the newest mail to the address. */
  async function arrived(address: string): Promise<Arrived> {
    // twice, because the first may join a read that began before the mail was queued
    await relay.look()
    await relay.look()
    const [mail] = await mailpit.mailsTo(address)
    if (!mail) throw new Error(`nothing arrived for ${address}`)
    return mail
  }

  async function sends<Kind extends MailKind>(kind: Kind, to: string): Promise<Arrived> {
    const key = `peer/${kind}`
    const link = WITH_LINK.includes(kind) && secrets.seal(TOKEN, mailSecretAbout(key))
    const mail = { kind, to, data: MAILS[kind], key, at: new Date(), ...(link && { link }) }
    await queueMail(database.db, mail as Parameters<typeof queueMail>[1])
    return arrived(to)
  }

  const textOf = <Kind extends MailKind>(kind: Kind): MailText =>
    MAIL_TEXTS[kind](MAILS[kind], { origin: ORIGIN, link: linkOf(kind, ORIGIN, TOKEN) })
  const bare = (text: string) => text.replaceAll(/\s+/g, ' ')
  const unescaped = (html: string) =>
    bare(html.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))))

  test.for(KINDS)('a mail arrives with its subject, its text, its HTML and its button: %s', async (kind) => {
    const to = `${kind.replaceAll('_', '-')}@example.test`
    const { subject, paragraphs, button, closing } = textOf(kind)

    const mail = await sends(kind, to)

    expect(mail.Subject).toBe(subject)
    expect(mail.From).toEqual({ Name: 'Märkt', Address: 'market@market.example' })
    expect(mail.To).toEqual([{ Name: '', Address: to }])
    for (const line of [...paragraphs, closing ?? '']) {
      expect(bare(mail.Text)).toContain(bare(line))
      expect(unescaped(mail.HTML)).toContain(bare(line))
    }
    expect(mail.Text).toContain(button?.url ?? '')
    expect(mail.HTML).toContain(button ? `href="${button.url}"` : '')
    expect(mail.HTML).not.toContain('<b>')
  })

  test('the headers say that a program sent the mail, and give it a Message-ID of our host', async () => {
    const data = MAILS.password_changed
    const [kind, to, key] = ['password_changed', 'headers@example.test', 'peer/headers'] as const
    await queueMail(database.db, { kind, to, data, key, at: new Date() })

    const headers = await mailpit.headersOf(await arrived(to))

    expect(headers).toMatchObject({
      'Auto-Submitted': ['auto-generated'],
      'Mime-Version': ['1.0'],
      'Content-Type': [expect.stringMatching(/^multipart\/alternative/)],
      'Message-Id': [expect.stringMatching(/^<[0-9a-f]{40}@market\.example>$/)],
      Date: [expect.any(String)],
    })
  })

  test('the links of a sign-up, a reset and a second sign-up work as mailpit shows them', async () => {
    const { app } = await anApp(database.db, { secrets })
    const email = 'ann@example.test'
    const asks = async (page: string) => {
      const browser = aVisitor(app)
      await browser.get(page)
      await browser.post(page, { email })
      const [link = ''] = /https:\/\/market\.example\/link\/[\w-]+/.exec((await arrived(email)).Text) ?? []
      const { pathname } = new URL(link)
      return { browser, pathname, page: await browser.get(pathname) }
    }

    const first = await asks('/sign-up')
    const password = 'seven quiet otters paint'
    const opened = await first.browser.post(first.pathname, { name: 'Ann', password })
    const second = await asks('/sign-up')
    const reset = await asks('/reset-password')
    const changed = await reset.browser.post(reset.pathname, { password: 'green ladders of autumn' })

    expect([first, second, reset].map(({ page }) => page.statusCode)).toEqual([200, 200, 200])
    expect([opened.statusCode, changed.statusCode]).toEqual([303, 303])
    expect((await arrived(email)).Subject).toBe('Your password was changed')
    expect((await mailpit.mailsTo(email)).map(({ Subject }) => Subject)).toEqual([
      'Your password was changed',
      'Choose a new password',
      'You already have an account',
      'Confirm your e-mail address',
    ])
    await app.close()
  })
})
