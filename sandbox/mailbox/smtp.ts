import type { Readable } from 'node:stream'
import { type AddressObject, simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'
import type { MessageStore } from './store.ts'

/** The only user. A production refuses this name, so that it never sends its mail here by mistake. */
export const USER = 'sandbox-mailbox'
const MAX_BYTES = 1_000_000

/** What the mailbox does wrong on purpose, for tests. */
export interface MailboxFaults {
  /** Refuses a recipient with this SMTP code. With a promise, the answer waits for it. */
  refuseRecipient?: (address: string) => number | undefined | Promise<number | undefined>
  /** Refuses a mail with this SMTP code before it stores it. */
  refuseMessage?: () => number | undefined
  /** Called when a mail is stored and not yet acknowledged. When it returns true, the answer is 421. */
  loseAnswer?: () => boolean | Promise<boolean>
}

/** An SMTP server (RFC 5321) that accepts every address and delivers nothing. */
export function smtpServer(store: MessageStore, faults: MailboxFaults): SMTPServer {
  return new SMTPServer({
    banner: 'packagento sandbox mailbox',
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    logger: false,
    size: MAX_BYTES,
    onAuth: ({ username }, _, done) =>
      username === USER ? done(null, { user: USER }) : done(new Error('unknown user')),
    onRcptTo({ address }, _, done) {
      void answerRecipient(address, done)
    },
    onData(stream, session, done) {
      void answer(stream, session, done)
    },
  })

  async function answerRecipient(address: string, done: (error?: Error | null) => void) {
    done(refusal(await faults.refuseRecipient?.(address)))
  }

  async function answer(stream: Readable, session: SMTPServerSession, done: (error?: Error | null) => void) {
    try {
      done(await receive(stream, session))
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)))
    }
  }

  async function receive(
    stream: Readable & { sizeExceeded?: boolean },
    session: SMTPServerSession,
  ): Promise<Error | null> {
    const mail = await simpleParser(stream)
    const refused = refusal(stream.sizeExceeded ? 552 : faults.refuseMessage?.())
    if (refused) return refused
    const text = mail.text ?? ''
    store.add({
      message_id: mail.messageId ?? '',
      from: addresses(mail.from).join(', '),
      to: session.envelope.rcptTo.map(({ address }) => address.toLowerCase()),
      subject: mail.subject ?? '',
      text,
      html: mail.html || '',
      links: text.match(/https?:\/\/[^\s<>"]+/g) ?? [],
      received_at: new Date().toISOString(),
    })
    return (await faults.loseAnswer?.()) ? refusal(421) : null
  }
}

function refusal(responseCode: number | undefined) {
  return responseCode ? Object.assign(new Error('refused on purpose'), { responseCode }) : null
}

const addresses = (field: AddressObject | AddressObject[] | undefined): string[] =>
  [field ?? []].flat().map(({ text }) => text)
