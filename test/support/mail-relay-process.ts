// A mail relay in a process of its own, which a test can kill. Ends with its parent.
import { openDatabase } from '#platform/database'
import { openLogger } from '#platform/logger'
import { openMailer } from '#platform/mailer'
import { openSecrets } from '#platform/secrets'
import { startMailRelay } from '../../src/relay/mail-relay.ts'

const { databaseUrl, smtpUrl, key, publicUrl } = JSON.parse(process.argv[2] ?? '') as Record<string, string>
startMailRelay({
  db: openDatabase(databaseUrl ?? '', { max: 4 }).db,
  databaseUrl: databaseUrl ?? '',
  mailer: openMailer({ smtpUrl: smtpUrl ?? '', from: 'Market <market@market.example>' }),
  secrets: openSecrets({ key: key ?? '' }),
  publicUrl: publicUrl ?? '',
  log: openLogger({ level: 'warn' }),
})
process.on('disconnect', () => process.exit(0))
