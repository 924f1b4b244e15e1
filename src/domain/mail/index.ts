export type { MailData, MailKind } from './kinds.ts'
export {
  deleteOldMails,
  type DueMail,
  giveUpMail,
  leaseMails,
  mailIsSent,
  mailSecretAbout,
  postponeMail,
  queueMail,
  type SealedLink,
} from './mail-store.ts'
