import { createHash } from 'node:crypto'
import { type DueMail, mailSecretAbout, type MailData, type MailKind } from '#domain/mail'
import type { Letter } from '#platform/mailer'
import type { Secrets } from '#platform/secrets'
import { html } from '../api/customer-area/html.ts'
import { MAIL_TEXTS, type MailText } from './mail-texts.ts'

/**
 * Controls, line ends, and characters that change the direction of a text. With them, a text could look like another
 * one.
 */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+/gu

/** The page of a link, where it is not `/link`. */
const PAGES: Partial<Record<MailKind, string>> = { org_invite: 'invites', project_shared: 'share' }

/** The single-use link of a mail. */
export const linkOf = (kind: MailKind, origin: string, token: string): string =>
  `${origin}/${PAGES[kind] ?? 'link'}/${token}`

/** Writes a mail as text and as HTML. Throws when the link cannot be decrypted. */
export function letterOf(mail: DueMail, { origin, secrets }: { origin: string; secrets: Secrets }): Letter {
  const token = mail.link && secrets.open(mail.link, mailSecretAbout(mail.key))
  const text = textOf(mail, { origin, link: linkOf(mail.kind, origin, token ?? '') })
  return {
    to: mail.to,
    subject: oneLine(text.subject),
    text: plain(text),
    html: formatted(text),
    messageId: messageIdOf(mail.key, origin),
  }
}

function textOf<Kind extends MailKind>(
  { kind, data }: { kind: Kind; data: MailData[Kind] },
  site: { origin: string; link: string },
): MailText {
  return MAIL_TEXTS[kind](data, site)
}

/** The Message-ID is the same for each attempt and process, and differs between mails and between deployments. */
const messageIdOf = (key: string, origin: string) =>
  `${createHash('sha256').update(`${origin}\0${key}`).digest('hex').slice(0, 40)}@${new URL(origin).hostname}`

function plain({ paragraphs, button, closing }: MailText): string {
  const parts = [
    ...paragraphs.map(oneLine),
    button && `${oneLine(button.text)}:\n${button.url}`,
    closing !== undefined && oneLine(closing),
  ]
  return `${parts.filter(Boolean).join('\n\n')}\n\n-- \npackagento\n`
}

function formatted({ subject, paragraphs, button, closing }: MailText): string {
  const paragraph = (text: string) => html`<p style="margin:0 0 16px">${oneLine(text)}</p>`
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${oneLine(subject)}</title>
      </head>
      <body
        style="margin:0;padding:24px;background:#faf9f7;color:#1c1b20;font:15px/24px system-ui,sans-serif"
      >
        <div
          style="max-width:560px;margin:0 auto;padding:24px;background:#fff;border:1px solid #e4e1da;border-radius:10px"
        >
          <p style="margin:0 0 16px;font-weight:700">packagento</p>
          ${paragraphs.map(paragraph)} ${button && buttonOf(button)}
          ${closing !== undefined && paragraph(closing)}
        </div>
      </body>
    </html>`.markup
}

const buttonOf = ({ text, url }: { text: string; url: string }) =>
  html`<p style="margin:0 0 16px">
      <a
        href="${url}"
        style="display:inline-block;padding:10px 18px;border-radius:6px;background:#b8400e;color:#fff;font-weight:600;text-decoration:none"
        >${text}</a
      >
    </p>
    <p style="margin:0 0 16px;font-size:13px;color:#5f5d68;overflow-wrap:anywhere">
      Or open this address: ${url}
    </p>`

const oneLine = (text: string) => text.replaceAll(UNSAFE, ' ')
