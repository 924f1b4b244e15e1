import { createTransport } from 'nodemailer'

/** Shorter than the lease of a mail, so that an attempt has ended before another process sends the same mail. */
const PATIENCE_MS = 60_000
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/
/**
 * The server knows no such mailbox (RFC 5321, 4.2.3). Every other refusal may be our own fault, so the mail is tried
 * again.
 */
const NO_MAILBOX = [550, 551, 553]

export interface Letter {
  to: string
  subject: string
  text: string
  html: string
  /** Without angle brackets. The same for each attempt, so that a receiver can drop a repeat. */
  messageId: string
}

export interface Mailer {
  /** Throws `MailNotSent`. When only the answer of the server was lost, the mail may have arrived. */
  send: (letter: Letter) => Promise<void>
}

export class MailNotSent extends Error {
  /** For the log and the database: never a text of the server. */
  readonly code: string
  /** The server says that there is no such mailbox. */
  readonly isFinal: boolean

  constructor(code: string, isFinal: boolean) {
    super(`a mail was not sent: ${code}`)
    this.name = 'MailNotSent'
    this.code = code
    this.isFinal = isFinal
  }
}

/** Sends by SMTP, each mail on its own connection. `smtp:` has to offer STARTTLS, unless it is on this machine. */
export function openMailer({
  smtpUrl,
  from,
  patienceMs = PATIENCE_MS,
}: {
  smtpUrl: string
  from: string
  patienceMs?: number
}): Mailer {
  const { protocol, hostname, port, username, password } = new URL(smtpUrl)
  const isSecure = protocol === 'smtps:'
  const isLocal = LOOPBACK.test(hostname)
  const transport = createTransport({
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port) || (isSecure ? 465 : 587),
    secure: isSecure,
    requireTLS: !isSecure && !isLocal,
    ignoreTLS: !isSecure && isLocal,
    ...(username && { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async send({ to, messageId, ...content }) {
      const signal = AbortSignal.timeout(patienceMs)
      const automatic = { 'Auto-Submitted': 'auto-generated' }
      try {
        await transport.sendMail({
          ...content,
          from,
          to: { name: '', address: to },
          messageId: `<${messageId}>`,
          headers: automatic,
          signal,
        })
      } catch (error) {
        throw notSent(error)
      }
    },
  }
}

function notSent(error: unknown): MailNotSent {
  const { code = 'unknown', responseCode } = error as { code?: string; responseCode?: number }
  const isFinal = code === 'EENVELOPE' && responseCode !== undefined && NO_MAILBOX.includes(responseCode)
  return new MailNotSent(responseCode ? `${code} ${responseCode}` : code, isFinal)
}
